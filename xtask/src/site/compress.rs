//! Compressed copies beside the files, so that the server never compresses a static file while someone waits.

use std::io::Write;

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::files::Files;

/// Below this a compressed copy saves no packet.
const WORTHWHILE_BYTES: usize = 1_024;

/// File types that are compressed already.
const COMPRESSED: [&str; 6] = [".png", ".jpg", ".webp", ".woff2", ".gz", ".br"];

/// Adds `PATH.gz` and `PATH.br` for every file that gains from it.
pub(super) fn add_compressed(files: &mut Files) -> Result<()> {
    let mut copies = Vec::new();
    for (path, content) in files.iter() {
        if content.len() < WORTHWHILE_BYTES
            || COMPRESSED.iter().any(|suffix| path.ends_with(suffix))
        {
            continue;
        }
        copies.push((format!("{path}.gz"), gzip(content)?));
        copies.push((format!("{path}.br"), brotli(content)?));
    }
    for (path, content) in copies {
        files.add(path, content);
    }
    Ok(())
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut compressed, &params)?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn compressed_copies_unpack_to_the_original() {
        let content = "restart ".repeat(1_000).into_bytes();
        let mut files = Files::default();
        files.add("a.css".into(), content.clone());
        files.add("small.txt".into(), b"x".to_vec());
        files.add("b.png".into(), content.clone());
        add_compressed(&mut files).expect("compresses");

        let copies: Vec<_> = files.iter().map(|(path, _)| path.to_owned()).collect();
        assert_eq!(
            copies,
            ["a.css", "a.css.br", "a.css.gz", "b.png", "small.txt"]
        );
        for (path, packed) in files.iter() {
            let mut unpacked = Vec::new();
            match path {
                "a.css.br" => drop(
                    brotli::Decompressor::new(packed, 4_096)
                        .read_to_end(&mut unpacked)
                        .expect("is brotli"),
                ),
                "a.css.gz" => drop(
                    flate2::read::GzDecoder::new(packed)
                        .read_to_end(&mut unpacked)
                        .expect("is gzip"),
                ),
                _ => continue,
            }
            assert_eq!(unpacked, content, "{path}");
        }
    }
}
