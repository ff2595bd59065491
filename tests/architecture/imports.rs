//! Who imports whom: a graph of files, read from every path that begins with `crate`, `super`, `self`, this crate's
//! name, a child's name or the name of a module that was imported.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, closing};

/// A module's path; empty for the root of the library.
pub type Module = Vec<String>;

/// The files and what each of them imports, with the place.
pub struct Graph {
    pub edges: BTreeMap<Module, BTreeMap<Module, String>>,
}

/// The module of a file. The program's own root is a module of its own, as are its companions.
pub fn module(path: &str) -> Module {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

pub fn graph(files: &[Source]) -> Graph {
    let modules: BTreeSet<Module> = files.iter().map(|file| module(&file.path)).collect();
    let edges = files.iter().map(|file| (module(&file.path), imports(file, &modules))).collect();
    Graph { edges }
}

fn imports(file: &Source, modules: &BTreeSet<Module>) -> BTreeMap<Module, String> {
    let me = module(&file.path);
    let mut names: BTreeMap<String, Module> = BTreeMap::new();
    names.insert("crate".into(), Vec::new());
    names.insert("rollbook".into(), Vec::new());
    names.insert("self".into(), me.clone());
    names.insert("super".into(), me[..me.len().saturating_sub(1)].to_vec());
    for child in modules.iter().filter(|module| module.len() == me.len() + 1 && module.starts_with(&me)) {
        names.insert(child[me.len()].clone(), child.clone());
    }
    let mut found = BTreeMap::new();
    // Twice: what the first round finds to be a module can begin a path in the second.
    for _ in 0..2 {
        for (at, path) in paths(&file.code) {
            let Some(start) = names.get(&path[0]) else { continue };
            let mut full = start.clone();
            for segment in &path[1..] {
                match segment.as_str() {
                    "super" => drop(full.pop()),
                    "self" => {}
                    segment => full.push(segment.to_owned()),
                }
            }
            let whole = modules.contains(&full);
            let name = full.last().cloned();
            while !modules.contains(&full) && full.pop().is_some() {}
            if whole && let Some(name) = name {
                names.entry(name).or_insert_with(|| full.clone());
            }
            if full != me && modules.contains(&full) {
                found.entry(full).or_insert_with(|| file.at(at));
            }
        }
    }
    found
}

/// Every path in the code, groups in braces taken apart.
fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = code[from..].find("::").map(|at| from + at) {
        let head = code[..at].rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |before| before + 1);
        from = at + 2;
        if head < at && !code[..head].ends_with(':') {
            take(code, head, &mut Vec::new(), &mut found);
        }
    }
    found
}

fn take(code: &str, at: usize, before: &mut Vec<String>, found: &mut Vec<(usize, Vec<String>)>) {
    let rest = code[at..].trim_start();
    let at = code.len() - rest.len();
    if rest.starts_with('{') {
        let end = closing(code, at);
        let mut from = at + 1;
        while from < end {
            let stop = comma(code, from, end);
            take(code, from, &mut before.clone(), found);
            from = stop + 1;
        }
        return;
    }
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    if length == 0 {
        found.push((at, before.clone()));
        return;
    }
    before.push(rest[..length].to_owned());
    if rest[length..].starts_with("::") {
        take(code, at + length + 2, before, found)
    } else {
        found.push((at, before.clone()))
    }
}

/// The next comma on this level, or the end.
pub fn comma(code: &str, from: usize, end: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().take(end).skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    end
}

impl Graph {
    /// A circle, if there is one: each imports the next, the last one the first.
    pub fn cycle(&self) -> Option<Vec<String>> {
        let mut done = BTreeSet::new();
        self.edges.keys().find_map(|module| self.walk(module, &mut Vec::new(), &mut done))
    }

    fn walk(&self, at: &Module, way: &mut Vec<Module>, done: &mut BTreeSet<Module>) -> Option<Vec<String>> {
        if let Some(begin) = way.iter().position(|module| module == at) {
            let circle = way[begin..].iter().chain([at]).collect::<Vec<_>>();
            let place = |pair: &[&Module]| format!("{} ({})", pair[0].join("::"), self.edges[pair[0]][pair[1]]);
            return Some(circle.windows(2).map(place).collect());
        }
        if done.contains(at) {
            return None;
        }
        way.push(at.clone());
        let found = self.edges.get(at)?.keys().find_map(|next| self.walk(next, way, done));
        way.pop();
        done.insert(at.clone());
        found
    }
}
