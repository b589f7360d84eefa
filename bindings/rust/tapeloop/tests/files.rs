//! Bundles, files of arrays, tables, images, sound and records, DLPack: values, and every way to go wrong.
mod common;

use common::refused;
use std::fs;
use std::path::PathBuf;
use tapeloop::{Bundle, Code, Context, CsvOptions, DType, DataPart, Dataset, ImageOptions, Result, Tensor};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tapeloop-{}-{}", name, std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn bundles_hold_named_tensors() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("bundles"));
    let x = c.tensor(&[1.0f32, 2.0, 3.0], &[3]).unwrap();
    let b = Bundle::new(c).unwrap();
    b.add("x", &x).unwrap();
    b.add("twice", &(&x * 2.0)).unwrap();
    assert_eq!(b.names().unwrap(), ["x", "twice"]);
    assert_eq!((b.size().unwrap(), b.has("x").unwrap(), b.has("y").unwrap()), (2, true, false));
    let path = folder.path("b.npz");
    for compress in [false, true] {
        b.write_npz(&path, compress).unwrap();
        let got = Bundle::read_npz(c, &path, 0).unwrap().get("twice").unwrap();
        assert_eq!(got.to_vec::<f32>().unwrap(), [2.0, 4.0, 6.0]);
    }
    refused(c, b.get("nobody"), Code::NotFound, "'nobody'");
    refused(c, b.add("x", &x), Code::InvalidArgument, "again");
    refused(c, b.add("a\0b", &x), Code::InvalidArgument, "NUL");
    refused(c, b.categories("nobody"), Code::NotFound, "'nobody'");
    refused(c, Bundle::read_npz(c, &path, 4), Code::OutOfMemory, "'max_bytes'");
    refused(c, Bundle::read_npz(c, folder.path("nowhere"), 0), Code::NotFound, "nowhere");
    refused(c, b.write_npz(folder.path("no/folder"), false), Code::NotFound, "[write_npz]");
    let (kept, lost) = c.scope(|s| (s.keep(Bundle::new(c).unwrap()), Bundle::new(c).unwrap()));
    assert_eq!(kept.size().unwrap(), 0);
    refused(c, lost.size(), Code::InvalidArgument, "not a live handle");
}

#[test]
fn arrays_of_numpy() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("arrays"));
    let x = c.tensor(&[1i64, -2, 3, -4], &[2, 2]).unwrap();
    let path = folder.path("x.npy");
    x.write_npy(&path).unwrap();
    let got = c.read_npy(&path).unwrap();
    assert_eq!((got.shape().unwrap(), got.to_vec::<i64>().unwrap()), (vec![2, 2], vec![1, -2, 3, -4]));
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY") && bytes.len() == 128 + 32);
    let cut = folder.file("cut.npy", &bytes[..bytes.len() - 1]);
    refused(c, c.read_npy(cut), Code::CorruptData, "cut.npy, at byte 128");
    refused(c, c.read_npy(folder.path("")), Code::Io, "[read_npy]");
    refused(c, x.write_npy(""), Code::InvalidArgument, "empty");
}

#[test]
fn tables() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("tables"));
    let path = folder.file("iris.csv", b"petal;species\n1.5;setosa\n?;virginica\n");
    let options = CsvOptions::new().delimiter(b';').missing("?").floats(DType::F64).max_bytes(1 << 20);
    let table = Bundle::read_csv(c, &path, &options).unwrap();
    let petal = table.get("petal").unwrap().to_vec::<f64>().unwrap();
    assert!(petal[0] == 1.5 && petal[1].is_nan());
    assert_eq!(table.categories("species").unwrap(), ["setosa", "virginica"]);
    assert!(table.categories("petal").unwrap().is_empty());
    let bare = CsvOptions::new().delimiter(b';').no_header(true).types("-c");
    assert_eq!(Bundle::read_csv(c, &path, &bare).unwrap().names().unwrap(), ["1"]);
    refused(
        c,
        Bundle::read_csv(c, &path, &CsvOptions::new().types("ff")),
        Code::InvalidArgument,
        "got 2 for 1 columns",
    );
    let log = folder.file("log.jsonl", b"{\"loss\": [1.5, 2]}\n{\"loss\": [3, 4]}\n");
    let metrics = Bundle::read_json_lines(c, &log, None, 0).unwrap();
    assert_eq!(metrics.get("loss").unwrap().to_vec::<f32>().unwrap(), [1.5, 2.0, 3.0, 4.0]);
    let doubles = Bundle::read_json_lines(c, &log, Some(DType::F64), 0).unwrap();
    assert_eq!(doubles.get("loss").unwrap().dtype().unwrap(), DType::F64);
    refused(c, Bundle::read_json_lines(c, folder.file("bad", b"{"), None, 0), Code::CorruptData, "no JSON");
}

#[test]
fn images() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("images"));
    let image = c.tensor(&[1u8, 2, 3, 4, 5, 6], &[1, 2, 3]).unwrap();
    let options = ImageOptions::new();
    let path = folder.path("x.png");
    image.write_png(&path).unwrap();
    assert_eq!(c.read_image(&path, &options).unwrap().to_vec::<u8>().unwrap(), [1, 2, 3, 4, 5, 6]);
    let bytes = fs::read(&path).unwrap();
    let got = c.decode_image(&bytes, &options.clone().channels(4)).unwrap();
    assert_eq!(got.to_vec::<u8>().unwrap(), [1, 2, 3, 255, 4, 5, 6, 255]);
    refused(c, c.decode_image(&bytes[..bytes.len() - 1], &options), Code::CorruptData, "PNG");
    refused(c, c.decode_image(&[], &options), Code::CorruptData, "PNG or JPEG");
    refused(c, c.read_image(&path, &options.clone().max_bytes(8)), Code::OutOfMemory, "'max_bytes'");

    for name in ["cat", "dog"] {
        fs::create_dir_all(folder.path("classes").join(name)).unwrap();
        image.write_png(folder.path("classes").join(name).join("x.PNG")).unwrap();
    }
    let classes = folder.path("classes");
    let images = Dataset::from_image_folder(c, &classes, &options).unwrap();
    let mut batches = images.batch(2, false).unwrap().epoch().collect::<Result<Vec<[Tensor; 2]>>>().unwrap();
    let [x, y] = batches.pop().unwrap();
    assert_eq!((x.shape().unwrap(), y.to_vec::<i32>().unwrap()), (vec![2, 1, 2, 3], vec![0, 1]));
    let labels = Bundle::image_folder_labels(c, &classes).unwrap();
    assert_eq!(labels.categories("label").unwrap(), ["cat", "dog"]);
    refused(c, Dataset::from_image_folder(c, folder.path("no"), &options), Code::NotFound, "no");
}

#[test]
fn sound_records_and_cifar() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("records"));
    let mut sound = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0".to_vec();
    for value in [1u16, 1, 8000, 0, 16000, 0, 2, 16] {
        sound.extend(value.to_le_bytes());
    }
    sound.extend(b"data\x04\0\0\0\0\x40\0\x80");
    let (samples, rate) = c.read_wav(folder.file("x.wav", &sound)).unwrap();
    assert_eq!((samples.to_vec::<f32>().unwrap(), rate), (vec![0.5, -1.0], 8000));
    refused(c, c.read_wav(folder.file("cut.wav", &sound[..40])), Code::CorruptData, "cut.wav");

    let example = c.tensor(b"\x0a\x0c\x0a\x0a\x0a\x01x\x12\x05\x1a\x03\x0a\x01\x05", &[14]).unwrap();
    let path = folder.path("x.tfrecord");
    c.write_tfrecord(&path, &[&example, &example]).unwrap();
    let records = Dataset::from_tfrecord(c, &path).unwrap();
    for record in records.epoch() {
        let [record] = record.unwrap();
        let x = Bundle::parse_example(c, &record).unwrap().get("x").unwrap();
        assert_eq!(x.to_vec::<i64>().unwrap(), [5]);
    }
    assert_eq!(records.size().unwrap(), 2);
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    let damaged = Dataset::from_tfrecord(c, folder.file("bad", &bytes)).unwrap();
    refused(c, damaged.next_element(), Code::CorruptData, "checksum of record 0");
    refused(c, Bundle::parse_example(c, &samples), Code::InvalidArgument, "u8 of one axis");

    folder.file("test_batch.bin", &[vec![3u8], vec![0; 3072]].concat());
    folder.file("test.bin", &[vec![3u8, 33], vec![0; 3072]].concat());
    let ten = Dataset::from_cifar10_folder(c, folder.path(""), DataPart::Test).unwrap();
    let hundred = Dataset::from_cifar100_folder(c, folder.path(""), DataPart::Test).unwrap();
    assert_eq!(ten.next_element().unwrap().unwrap()[1].item().unwrap(), 3.0);
    assert_eq!(hundred.next_element().unwrap().unwrap()[1].item().unwrap(), 33.0);
    refused(
        c,
        Dataset::from_cifar10_folder(c, folder.path(""), DataPart::Train),
        Code::NotFound,
        "data_batch_1.bin",
    );
}

#[test]
fn dlpack() {
    let (c, other) = (&Context::new().unwrap(), &Context::new().unwrap());
    let x = c.tensor(&[1.0f32, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
    for versioned in [false, true] {
        let managed = x.to_dlpack(versioned).unwrap();
        // SAFETY: it was just made, and the tensor that it lends never changes.
        let y = unsafe { other.from_dlpack(managed, versioned) }.unwrap();
        assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    }
    // SAFETY: NULL is refused.
    let nothing = unsafe { other.from_dlpack(std::ptr::null_mut(), true) };
    refused(other, nothing, Code::InvalidArgument, "NULL");
}
