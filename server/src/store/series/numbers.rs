//! Different numbers, compressed by pco.
//!
//! Of pco's format only what we write is read: for its other modes a few bytes can ask for hundreds of megabytes.

use pco::{
    ChunkConfig, DeltaSpec, ModeSpec, PagingSpec, data_types::NumberType, errors::PcoError,
    standalone, wrapped,
};

use super::{CodecError, varint};

/// Appends a pco chunk of one page, after pco's own version. `values` are at least two, and no more than pco's 2²⁴.
pub(super) fn put(out: Vec<u8>, values: &[u64]) -> Vec<u8> {
    try_put(out, values).expect("the configuration is valid and writing to memory does not fail")
}

fn try_put(out: Vec<u8>, values: &[u64]) -> Result<Vec<u8>, PcoError> {
    let file = wrapped::FileCompressor::default();
    let mut chunk = file.chunk_compressor(values, &config(values.len()))?;
    let out = file.write_header(out)?;
    let out = chunk.write_meta(out)?;
    chunk.write_page(0, out)
}

/// Measured best for memory and task counts: the difference to the value before, and no search for another mode.
fn config(count: usize) -> ChunkConfig {
    ChunkConfig::default()
        .with_mode_spec(ModeSpec::Classic)
        .with_delta_spec(DeltaSpec::TryConsecutive(1))
        .with_paging_spec(PagingSpec::Exact(vec![count]))
}

/// Reads `count` values, which are all there is.
pub(super) fn decode(bytes: &[u8], count: usize) -> Result<Vec<u64>, CodecError> {
    let mut values = vec![0; count];
    let (file, rest) = wrapped::FileDecompressor::new(bytes).map_err(refused)?;
    varint::end(take_chunk(&file, rest, &mut values)?)?;
    Ok(values)
}

/// Reads what version 1 of the columns has: a pco file, which says again what the column says, with chunks of up to 2¹⁸ values.
pub(super) fn decode_file(bytes: &[u8], count: usize) -> Result<Vec<u64>, CodecError> {
    /// What pco wrote then.
    const FORMAT: &[u8] = &[4, 1];
    const U64: u8 = NumberType::U64 as u8;
    let mut values = vec![0; count];
    let mut missing = values.as_mut_slice();
    let (file, _) = wrapped::FileDecompressor::new(FORMAT).map_err(refused)?;
    let (_, mut bytes) = standalone::FileDecompressor::new(bytes).map_err(refused)?;
    while let &[U64, a, b, c, ref chunk @ ..] = bytes {
        // Three bytes: the values in the chunk, less one.
        let length = u32::from_le_bytes([a, b, c, 0]) as usize + 1;
        let (here, beyond) = missing
            .split_at_mut_checked(length)
            .ok_or(CodecError::Malformed("more values than rows"))?;
        bytes = take_chunk(&file, chunk, here)?;
        missing = beyond;
    }
    match bytes {
        [0] if missing.is_empty() => Ok(values),
        [0] => Err(CodecError::Malformed("fewer values than rows")),
        _ => Err(CodecError::Malformed("no end of the values")),
    }
}

/// Fills `values` from a chunk and returns what follows it.
fn take_chunk<'a>(
    file: &wrapped::FileDecompressor,
    bytes: &'a [u8],
    values: &mut [u64],
) -> Result<&'a [u8], CodecError> {
    // A chunk begins with its mode in the lower half of a byte and the kind of differences in the upper half.
    const CLASSIC: u8 = 0;
    const CONSECUTIVE: u8 = 1;
    if !bytes
        .first()
        .is_some_and(|byte| byte & 0x0f == CLASSIC && byte >> 4 <= CONSECUTIVE)
    {
        return Err(CodecError::Malformed("a kind of compression not in use"));
    }
    let (mut chunk, bytes) = file.chunk_decompressor::<u64, _>(bytes).map_err(refused)?;
    let mut page = chunk
        .page_decompressor(bytes, values.len())
        .map_err(refused)?;
    page.read(values).map_err(refused)?;
    Ok(page.into_src())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` asks for"
)]
fn refused(error: PcoError) -> CodecError {
    CodecError::Compression(error.to_string())
}
