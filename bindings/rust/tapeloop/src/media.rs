//! Images, sound, records, and data sets in binary layouts of their own.

use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, text, Bundle, Context, DataPart, Dataset, Result, Tensor};
use std::os::raw::c_void;
use std::path::Path;

/// How images are read.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ImageOptions {
    channels: i32,
    max_bytes: u64,
}

impl ImageOptions {
    /// All options at their defaults.
    pub fn new() -> ImageOptions {
        ImageOptions::default()
    }

    /// 1: grey, 3: red, green, blue, 4: with opacity; 0 (default): as the file has them, for PNG also 2, grey with opacity.
    pub fn channels(mut self, channels: i32) -> ImageOptions {
        self.channels = channels;
        self
    }

    /// Most bytes to decode one image; 0 (default): the size of the file and 64 MiB.
    pub fn max_bytes(mut self, max_bytes: u64) -> ImageOptions {
        self.max_bytes = max_bytes;
        self
    }

    fn raw(&self) -> ffi::tl_image_options {
        let mut options = options!(tl_image_options, tl_image_options_init);
        options.channels = self.channels;
        options.max_bytes = self.max_bytes;
        options
    }
}

impl Context {
    /// The image in a PNG or JPEG file, told by its first bytes, as `U8` (height, width, channels). Samples of 16 bits give their
    /// upper 8, palettes are resolved; colour becomes grey by the weights of ITU-R BT.601.
    /// [`Code::CorruptData`](crate::Code::CorruptData): another format, damaged, cut off;
    /// [`Code::OutOfMemory`](crate::Code::OutOfMemory): an image that its header makes larger than
    /// [`max_bytes`](ImageOptions::max_bytes).
    pub fn read_image(&self, path: impl AsRef<Path>, options: &ImageOptions) -> Result<Tensor> {
        let path = text::path("read_image", path.as_ref())?;
        let options = options.raw();
        expression!(self.handle(), tl_read_image(self.handle(), path.as_ptr(), &options)).made("read_image")
    }

    /// [`read_image`](Context::read_image) for a file that is in memory.
    pub fn decode_image(&self, data: &[u8], options: &ImageOptions) -> Result<Tensor> {
        let options = options.raw();
        let start = data.as_ptr() as *const c_void;
        expression!(self.handle(), tl_decode_image(self.handle(), start, data.len(), &options))
            .made("decode_image")
    }

    /// The sound in a WAV file as `F32` (frames, channels), and its number of frames a second. Whole numbers of 8 to 32 bits are
    /// divided so that they lie in [-1, 1), floats stay as they are.
    pub fn read_wav(&self, path: impl AsRef<Path>) -> Result<(Tensor, i32)> {
        let path = text::path("read_wav", path.as_ref())?;
        let mut rate = 0;
        let samples = expression!(self.handle(), tl_read_wav(self.handle(), path.as_ptr(), &mut rate))
            .made("read_wav")?;
        Ok((samples, rate))
    }

    /// Writes a TFRecord file, each record the elements of a tensor as they lie in memory, in place of a file that is there.
    pub fn write_tfrecord<L: TensorList + ?Sized>(&self, path: impl AsRef<Path>, records: &L) -> Result<()> {
        let path = text::path("write_tfrecord", path.as_ref())?;
        let status = records.with_handles(|records| {
            call!(tl_write_tfrecord(self.handle(), path.as_ptr(), records.as_ptr(), records.len()))
        });
        done(self.handle(), "write_tfrecord", status)
    }
}

impl Bundle {
    /// The classes of the images of a folder as [`Dataset::from_image_folder`] has it: one tensor, "label", `I32` of the number of
    /// images, in the order of the dataset; its categories are the names of the classes.
    pub fn image_folder_labels(context: &Context, folder: impl AsRef<Path>) -> Result<Bundle> {
        let folder = text::path("image_folder_labels", folder.as_ref())?;
        let handle = call!(tl_image_folder_labels(context.handle(), folder.as_ptr()));
        Bundle::made(context, "image_folder_labels", handle)
    }

    /// The features of a tf.train.Example, the usual content of a record: floats are `F32` (k), integers `I64` (k), one byte string
    /// `U8` (n), several of one length `U8` (k, n).
    pub fn parse_example(context: &Context, record: &Tensor) -> Result<Bundle> {
        record.live("parse_example")?;
        let handle = call!(tl_parse_example(context.handle(), record.handle));
        Bundle::made(context, "parse_example", handle)
    }
}

impl Dataset {
    /// The images of a folder with one subfolder for each class: elements of the image as [`Context::read_image`] gives it, decoded
    /// when it is asked for, and its class, `I32`. Classes count from 0 in the order of their names. Images of different sizes
    /// cannot be batched. [`Code::Io`](crate::Code::Io) for a symbolic link inside, which may lead elsewhere.
    pub fn from_image_folder(
        context: &Context,
        folder: impl AsRef<Path>,
        options: &ImageOptions,
    ) -> Result<Dataset> {
        let folder = text::path("dataset_from_image_folder", folder.as_ref())?;
        let options = options.raw();
        let handle = call!(tl_dataset_from_image_folder(context.handle(), folder.as_ptr(), &options));
        Dataset::made(context.handle(), "dataset_from_image_folder", handle)
    }

    /// The records of a TFRecord file in their order: elements of one tensor, `U8` of the record's bytes, read when they are asked
    /// for. Checksums of lengths are compared here, those of records when they are read.
    pub fn from_tfrecord(context: &Context, path: impl AsRef<Path>) -> Result<Dataset> {
        let path = text::path("dataset_from_tfrecord", path.as_ref())?;
        let handle = call!(tl_dataset_from_tfrecord(context.handle(), path.as_ptr()));
        Dataset::made(context.handle(), "dataset_from_tfrecord", handle)
    }

    /// CIFAR-10 from a folder of its binary version: elements of an image, `U8` (32, 32, 3), and its label, `U8`.
    pub fn from_cifar10_folder(
        context: &Context,
        folder: impl AsRef<Path>,
        part: DataPart,
    ) -> Result<Dataset> {
        let folder = text::path("dataset_from_cifar10_folder", folder.as_ref())?;
        let handle = call!(tl_dataset_from_cifar10_folder(context.handle(), folder.as_ptr(), part as i32));
        Dataset::made(context.handle(), "dataset_from_cifar10_folder", handle)
    }

    /// CIFAR-100 from a folder of its binary version: elements of an image, its fine label and its coarse label.
    pub fn from_cifar100_folder(
        context: &Context,
        folder: impl AsRef<Path>,
        part: DataPart,
    ) -> Result<Dataset> {
        let folder = text::path("dataset_from_cifar100_folder", folder.as_ref())?;
        let handle = call!(tl_dataset_from_cifar100_folder(context.handle(), folder.as_ptr(), part as i32));
        Dataset::made(context.handle(), "dataset_from_cifar100_folder", handle)
    }
}
