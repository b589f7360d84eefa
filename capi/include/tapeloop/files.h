/* Files: arrays of NumPy (npy, npz), tables (CSV, JSON lines) and bundles, the named tensors that such files hold. IDX files and
 * datasets are in data.h.
 *
 *   tl_bundle *iris = tl_read_csv(c, "iris.csv", NULL);              a header, four columns of numbers, one of names
 *   tl_tensor *x[2] = {tl_bundle_get(iris, "petal_length"), tl_bundle_get(iris, "petal_width")};
 *   tl_tensor *species = tl_bundle_get(iris, "species");             i32 codes: 0, 1, 2
 *   puts(tl_bundle_category(iris, "species", 0));                    what code 0 stands for
 *
 * All readers are made for files that cannot be trusted. What is cut off, damaged, or says of itself what is not so gives
 * TL_CORRUPT_DATA and a message that names the file, the byte and the rule; sizes that a file claims are compared with the file
 * before memory is asked for; nothing in a file is ever run. TL_NOT_FOUND: no such file. TL_IO: a folder, a pipe or a device, no
 * permission, or a file that changes while it is read. TL_UNSUPPORTED: sound, but not offered here. A call that fails leaves
 * nothing behind.
 *
 * Files are written whole or not at all: under a name of their own first (the path with .tmp- and numbers behind it), which takes
 * the place of the old file by one rename. TL_IO: a full disk, no permission.
 *
 * @errors TL_NOT_FOUND, TL_IO, TL_CORRUPT_DATA, TL_UNSUPPORTED of tl_read_npy, tl_read_npz, tl_read_csv, tl_read_json_lines.
 * @errors TL_NOT_FOUND, TL_IO of tl_write_npy, tl_write_npz. */
#ifndef TAPELOOP_FILES_H
#define TAPELOOP_FILES_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- bundles ---------------------------------------------------------------------------------------------------- */

/** Named tensors in an order of their own, and the texts that codes among them stand for. It belongs to the innermost scope like a
 * tensor. */
typedef struct tl_bundle tl_bundle;

/** A bundle without tensors, to be filled with tl_bundle_add() and written. NULL on failure. Since 0.1. */
TL_API tl_bundle* tl_bundle_new(tl_context* context);

/** Adds a tensor, or the present value of a variable, behind those that are there; nothing is copied. The name is; it must not be
 * empty nor one that the bundle has. Since 0.1. */
TL_API tl_status tl_bundle_add(tl_bundle* bundle, const char* name, tl_tensor* tensor) TL_WARN_UNUSED;

/** The number of tensors; -1 on failure (the context holds the error). Since 0.1. */
TL_API int64_t tl_bundle_size(tl_bundle* bundle);

/** The name of the tensor at a place, from 0; "" on failure (the context holds the error). Valid until the bundle changes or ends.
 * Since 0.1. */
TL_API const char* tl_bundle_name(tl_bundle* bundle, int64_t index);

/** Whether there is a tensor of this name; false on failure (the context holds the error). Since 0.1. */
TL_API bool tl_bundle_has(tl_bundle* bundle, const char* name);

/** The tensor of this name, as a new handle of the innermost scope; it shares its memory with the bundle and outlives it. NULL on
 * failure: TL_NOT_FOUND where there is none. Since 0.1. */
TL_API tl_tensor* tl_bundle_get(tl_bundle* bundle, const char* name);

/** How many texts the codes of a tensor stand for: codes are 0 to one less. 0 for a tensor without codes; -1 on failure (the context
 * holds the error). Since 0.1. */
TL_API int64_t tl_bundle_category_count(tl_bundle* bundle, const char* name);

/** The text of a code of the tensor of this name; "" on failure (the context holds the error). Valid until the bundle changes or
 * ends. Since 0.1. */
TL_API const char* tl_bundle_category(tl_bundle* bundle, const char* name, int64_t code);

/** Moves the bundle one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds the error).
 * Since 0.1.
 * @returns same */
TL_API tl_bundle* tl_bundle_keep(tl_bundle* bundle);

/** Gives the bundle up before its scope ends; tensors that it gave live on. NULL and a released bundle do nothing. From any thread
 * at any time. Since 0.1.
 * @thread any */
TL_API void tl_bundle_release(tl_bundle* bundle);

/* ---- arrays of NumPy -------------------------------------------------------------------------------------------- */

/**
 * The array in a npy file, of its shape, rank 0 to 8, in whichever order it was saved. float32, float64, int32, int64, uint8 and
 * bool become TL_F32, TL_F64, TL_I32, TL_I64, TL_U8 and TL_BOOL; int8, int16 and uint16 TL_I32; uint32 and uint64 TL_I64 (a
 * value above those of int64 is TL_UNSUPPORTED); float16 TL_F32; either byte order. Arrays of objects, which are pickles and could run
 * programs, records, complex numbers, texts and dates are TL_UNSUPPORTED. Memory is that of the tensor and 1 MiB. A bit that
 * flipped among the elements cannot be seen, for the format has no checksum. NULL on failure. Since 0.1.
 */
TL_API tl_tensor* tl_read_npy(tl_context* context, const char* path);

/** Writes a tensor, or the present value of a variable, as numpy.save does, in place of a file that is there. Since 0.1. */
TL_API tl_status tl_write_npy(tl_context* context, const char* path, tl_tensor* tensor) TL_WARN_UNUSED;

/**
 * The arrays in a npz file (a zip archive of npy files, stored or deflated) by their names, in the order of the archive, each as
 * tl_read_npy() gives it. Together they may take `max_bytes`, where it is 0 the size of the file and 64 MiB: a small archive may
 * promise any amount of memory, so that one which compresses well needs the number. More is TL_OUT_OF_MEMORY. Checksums of the
 * members are compared. NULL on failure. Since 0.1.
 */
TL_API tl_bundle* tl_read_npz(tl_context* context, const char* path, uint64_t max_bytes);

/** Writes the tensors of a bundle as numpy.savez does, with `compress` as numpy.savez_compressed does, in place of a file that is
 * there; the texts of codes are not part of it. Since 0.1. */
TL_API tl_status tl_write_npz(tl_bundle* bundle, const char* path, bool compress) TL_WARN_UNUSED;

/* ---- tables ----------------------------------------------------------------------------------------------------- */

/** How a CSV file is read. */
typedef struct tl_csv_options {
  size_t struct_size;
  int32_t delimiter; /**< the byte between fields; 0 (default): a comma */
  bool
      no_header; /**< the first row holds values, and columns are named "0", "1", ... (default false: it holds names) */
  const char*
      types; /**< one letter for each column: f, d, i, l, u and b for TL_F32, TL_F64, TL_I32, TL_I64, TL_U8 and TL_BOOL,
                            c for texts as codes, ? to guess, - to leave it out. NULL (default): all are guessed */
  const char*
      missing; /**< the field that stands for a missing value; NULL (default): NA, NaN and null do, in any case */
  tl_dtype floats; /**< of guessed columns of numbers, TL_F32 or TL_F64; 0 (default): TL_F32 */
  uint64_t
      max_bytes; /**< most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB */
} tl_csv_options;

/** Sets all fields to their defaults. Pass sizeof(tl_csv_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_csv_options_init(tl_csv_options* options, size_t struct_size);

/**
 * The columns of a CSV file (RFC 4180), each a tensor of one axis, the rows, by their names. options may be NULL. A column that is
 * guessed becomes: of whole numbers TL_I64; of others, and of whole numbers where some are missing, `floats`; of true and false, in any
 * case, TL_BOOL; of anything else TL_I32 codes, from 0 in the order of first appearance, whose texts tl_bundle_category() gives.
 *
 * Missing values are empty fields (in quotes, too, where the column is none of texts) and those of `missing`: NaN in columns of TL_F32 and TL_F64, -1 among codes, TL_CORRUPT_DATA in all
 * others. Numbers are rounded to the nearest that the dtype of the column has: what is closer to 0 than to the least of
 * them (1e-46 in TL_F32, 1e-400 in TL_F64) to 0. One that is beyond the largest (1e39 in TL_F32, 1e400 in TL_F64), where others read an
 * infinity, is TL_CORRUPT_DATA: it is damage or the wrong dtype, and who means an infinity spells it inf.
 * Spaces around a field do not count, unless it is in quotes; blank lines are passed over.
 *
 * The file is read twice, so that memory is that of the tensors, the texts of codes and 64 MiB. Tensors may be larger than the file: a
 * value takes one byte of it at the least (the comma of an empty field; two where it has a digit) and up to eight of memory:
 * 23 MiB of rows of one digit are a TL_I64 column of 92 MiB. So
 * the default of max_bytes refuses no table whose types are guessed. What is cut off between two rows, or within the last field, is
 * a whole file as far as the format can tell.
 *
 * NULL on failure: TL_INVALID_ARGUMENT (types that do not fit the columns), TL_CORRUPT_DATA (rows of different lengths, a quote where
 * none may be, a name that comes twice, a value that its column cannot hold), TL_UNSUPPORTED (more than 65,536 columns, more than
 * 1,048,576 different texts in one, a field of more than 16 MiB), TL_OUT_OF_MEMORY (more than max_bytes). Since 0.1.
 */
TL_API tl_bundle* tl_read_csv(tl_context* context, const char* path, const tl_csv_options* options);

/** How a file of JSON lines is read. */
typedef struct tl_json_lines_options {
  size_t struct_size;
  tl_dtype floats; /**< of columns of numbers, TL_F32 or TL_F64; 0 (default): TL_F32 */
  uint64_t
      max_bytes; /**< most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB */
} tl_json_lines_options;

/** Sets all fields to their defaults. Pass sizeof(tl_json_lines_options). Does nothing for NULL. Since 0.1. */
TL_API void tl_json_lines_options_init(tl_json_lines_options* options, size_t struct_size);

/**
 * The keys of a file with one JSON object in each line (a log of metrics, say), each a tensor whose first axis is the lines, in the
 * order of their first appearance. options may be NULL. Dtypes follow from the values as in tl_read_csv(); a null or a key that
 * a line lacks is a missing value. Values may be arrays, nested up to seven deep and of one shape in every line: the tensor has
 * their axes, too. A number beyond TL_F64 is no JSON here, and one beyond the dtype of its column as in tl_read_csv(). In a column without other texts the strings "NaN", "Infinity" and "-Infinity" are the numbers, for which JSON has no
 * other spelling and which the logs of logs.h write so. Blank lines are passed over.
 *
 * NULL on failure: TL_CORRUPT_DATA (no JSON, no object, a key that comes twice in a line, values of several kinds or shapes under one
 * key), TL_UNSUPPORTED (an object inside an object, arrays that nest deeper, a line of more than 8 MiB, more than 65,536 keys),
 * TL_OUT_OF_MEMORY (more than max_bytes). Since 0.1.
 */
TL_API tl_bundle* tl_read_json_lines(tl_context* context, const char* path,
                                     const tl_json_lines_options* options);

#ifdef __cplusplus
}
#endif

#endif
