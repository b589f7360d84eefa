// tf.train.Example: named features in the wire format of protocol buffers, the usual content of TFRecord files:
//
//   message Example { Features features = 1; }              message BytesList { repeated bytes value = 1; }
//   message Features { map<string, Feature> feature = 1; }  message FloatList { repeated float value = 1; }
//   message Feature { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; } }
//   message Int64List { repeated int64 value = 1; }
//
// Read by code of ours: these four messages are a page, and two copies of the protobuf library do not live in one process.
#pragma once

#include "core/io/bundle.h"
#include "core/io/input.h"

namespace tl::io {

// The features by their names, in the order of the message. Floats are f32 (k), integers i64 (k), one byte string u8 (n), several of
// one length u8 (k, n); a feature without values is f32 (0). Fields that the messages do not have are passed over.
//
// Throws kCorruptData (no such message, lengths that do not fit, a name that comes twice or holds a NUL), kUnsupported (byte strings of
// different lengths in one feature, more than 65,536 features), and what Input throws.
Bundle read_example(Context& context, const Input& input);

}  // namespace tl::io
