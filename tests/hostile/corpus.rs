//! Texts that somebody would write to be obeyed, hidden or taken for another.

/// Bytes as they stand in the database; most are UTF-8.
pub fn corpus() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend(BYTES.iter().map(|bytes| bytes.to_vec()));
    all.push(format!("tower a{}", "\u{301}".repeat(60)).into_bytes());
    all.push(format!("tower of hats {}", "o\u{302}\u{20dd}\u{20de}\u{489}".repeat(20)).into_bytes());
    all.push(format!("tower of spacing marks \u{995}{}", "\u{9be}".repeat(60)).into_bytes());
    all.push("x".repeat(512).into_bytes());
    all.push("\u{1f600}".repeat(512).into_bytes());
    all.push("\u{e0041}".repeat(512).into_bytes());
    all.push("李".repeat(512).into_bytes());
    all.push(vec![0x1b; 300]);
    all.push(vec![b'\\'; 300]);
    all
}

/// The corpus as the library reads it.
pub fn texts() -> Vec<String> {
    corpus().iter().map(|bytes| rollbook::accounts::text::from_bytes(bytes)).collect()
}

/// A mebibyte of words and of trouble.
pub fn mebibyte() -> Vec<u8> {
    b"very long \x1b[2J\xe2\x80\xae".iter().copied().cycle().take(1 << 20).collect()
}

const TEXTS: &[&str] = &[
    // Sequences that a terminal obeys.
    "\u{1b}[2J\u{1b}[H\u{1b}[31mcsi",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}P+q544e\u{1b}\\dcs",
    "\u{1b}_Gf=24;AAAA\u{1b}\\apc",
    "\u{1b}^pm\u{1b}\\",
    "\u{1b}Xsos\u{1b}\\",
    "\u{1b}c reset",
    "\u{1b}[6n\u{1b}[c reports",
    "\u{1b}[?1049l leaves the screen",
    "\u{1b}[200~paste\u{1b}[201~",
    "half a sequence \u{1b}[",
    "\u{9b}2J c1 csi",
    "\u{9d}0;c1 osc\u{9c}",
    "\u{90}c1 dcs\u{9c}",
    "\u{85}next line",
    "nul\u{0}in it",
    "bel\u{7}",
    "back\u{8}\u{8}\u{8}\u{8}space",
    "over\rwritten",
    "two\nlines",
    "two\r\nother lines",
    "a\ttab",
    "\u{b}\u{c}feeds",
    "\u{e}shifted\u{f}",
    "del\u{7f}eted",
    // Direction.
    "\u{202e}nimda",
    "abc\u{202d}def\u{202c}",
    "\u{2066}isolate\u{2069}",
    "\u{2067}isolate\u{2069}",
    "\u{2068}first strong\u{2069}",
    "\u{200e}mark",
    "\u{200f}mark",
    "\u{61c}arabic mark",
    // Nothing to see.
    "ad\u{200b}min",
    "ad\u{200c}min",
    "ad\u{200d}min",
    "ad\u{2060}min",
    "\u{feff}admin",
    "ad\u{ad}min",
    "ad\u{34f}min",
    "ad\u{180e}min",
    "admin\u{fe0f}",
    "admin\u{e0100}",
    "tagged\u{e0001}\u{e0065}\u{e006e}\u{e007f}",
    "ad\u{1161}min jamo",
    "admin jamo",
    "\u{11a8}admin final",
    "admin final",
    "\u{302e}admin tone",
    "admin tone",
    "\u{115f}\u{1160}\u{3164}\u{ffa0}fillers",
    "\u{2800}\u{2800}",
    "ad\u{1d173}min beam",
    "\u{fff9}anno\u{fffa}ta\u{fffb}",
    "\u{fffc}object",
    "\u{2028}line\u{2029}paragraph",
    // Spaces.
    "bob",
    "bob ",
    " bob",
    "bob  ",
    "b ob",
    "b  ob",
    "bob\u{a0}",
    "bob\u{2003}",
    "bob\u{3000}",
    "",
    " ",
    // No character of anybody.
    "\u{e000}private",
    "\u{f8ff}apple",
    "\u{10fffd}private",
    "\u{378}unassigned",
    "\u{ffff}noncharacter",
    "\u{fffd}replaced",
    "\u{10ff41}borrowed",
    // Wide, joined, varied.
    "李明 李明 李明",
    "zoë",
    "zoe\u{308}",
    "\u{644}\u{627} lam alef \u{644}\u{627}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} 123 abc",
    "\u{1f469}\u{200d}\u{1f4bb} coder",
    "\u{1f469}\u{1f4bb} coder",
    "\u{1f1e9}\u{1f1ea} flag",
    "1\u{fe0f}\u{20e3} keycap",
    "\u{2764}\u{fe0e} heart",
    "\u{1f44d}\u{1f3fd} thumb",
    "\u{fdfd} \u{12031} wide signs",
    "ก\u{e33}ำ ลำ",
    "क\u{94d}षि",
    "\u{a9c0}\u{1bab}\u{a953}",
    // Looks like our own spelling, a path, a command, another person.
    "\\u{202e}nimda",
    "\\\\u{202e}nimda",
    "\\x{ff}",
    "\\",
    "c:\\users\\root",
    "-rf",
    "--json",
    "../../etc/passwd",
    "=cmd()|'/C calc'!A0",
    "'; DROP TABLE user; --",
    "$(reboot) `reboot`",
    "%s%n{}{0}",
    "id:id3",
    "name:bob",
    "is:pending",
    "^bob",
    "/bob",
    "CAN LOG IN",
    "── Users ──",
    "alice … example.org",
    "\u{430}dmin",
    "adm\u{131}n",
    "admin",
    "ADMIN",
    "\u{ff41}dmin",
    "\u{1d41a}dmin",
    "rn\u{f9}",
    "0123456789abcdef0123456789abcdef",
];

const BYTES: &[&[u8]] = &[
    b"stray\xffbyte",
    b"\x9b2J raw c1",
    b"\xc0\xafoverlong",
    b"\xed\xa0\x80surrogate",
    b"\xf4\x90\x80\x80beyond",
    b"cut \xe2\x80",
    b"\xfe\xffbom",
    b"\x1b[31m\xff\x00\x1b[0m",
];
