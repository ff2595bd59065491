//! Many people at once: the same filter and order everywhere.

