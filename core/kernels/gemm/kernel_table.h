// The interface between the GEMM driver and the kernels of one instruction set: plain structs and function
// pointers.
//
// Kernel files are compiled with flags of their instruction set. They include this header, the .inl files of
// this folder and intrinsics, nothing else: an inline function of any other header, compiled there first,
// could be kept by the linker for the whole library and then run on a CPU that lacks the instructions.
#pragma once

#include <stdint.h>

namespace tl::kernels {

// How the rows of a left operand lie in memory. Element (i, p), row i of the product and term p of the sum,
// is at
//   along_terms: data[i * stride + p]    along_rows: data[p * stride + i]
//   tiles: row blocks as pack_a writes them: block of first row i0 and height h at data + i0 * terms, (i, p)
//   at [p * h + i - i0]
enum class LeftLayout { along_terms, along_rows, tiles };

// Arrays of `elements` each.
template <typename T>
struct GemmWanted {
  int arrays;
  const T* data[3];
  int64_t elements;
};

// C[rows, cols] = alpha * A[rows, terms] * B[terms, cols] + beta * C. With beta 0, C is not read.
template <typename T>
struct GemmBlock {
  int64_t rows, cols, terms;
  T alpha, beta;
  const T* a;
  int64_t a_stride;
  LeftLayout a_layout;
  // B: element (p, j) at b[(j / panel) * b_panel + p * b_stride + j % panel], panel = kernels' panel width.
  const T* b;
  int64_t b_stride, b_panel;
  // C: element (i, j) at c[i * c_stride + j], or at c[j * c_stride + i] when transposed.
  T* c;
  int64_t c_stride;
  bool c_transposed;
  // What the caller reads next, or null: it is asked for meanwhile, but for a packed B.
  const GemmWanted<T>* wanted = nullptr;
};

// Adam's step on a rectangle of a variable: element (i, j) of w, m and v is at from[k][i * stride + j], then at to[k], in place or not. As
// OptimizerKernels::adam, with its bits.
template <typename T>
struct AdamRectangle {
  int64_t rows, cols;
  const T* gradient;
  int64_t gradient_stride;
  const T* from[3];
  T* to[3];
  int64_t stride;
  T step_size, one_minus_beta1, one_minus_beta2, epsilon, decay;
};

// The A of a block to come, as the arguments of pack_a: along rows, of which there is a multiple of tile_rows.
template <typename T>
struct GemmNextRows {
  int64_t rows, terms;
  const T* from;
  int64_t stride;
  T* to;
};

// C[rows, cols] = alpha * A[rows, terms] * B[terms, cols] + beta * C, A as pack_a writes it, B as pack_b does.
template <typename T>
struct PackedGemmBlock {
  int64_t rows, cols, terms;
  T alpha, beta;
  const T* a;
  T* b;
  // Not null: B is not packed yet and lies there, its rows so far apart. Each panel is written while the tiles of the one before it
  // are computed: beside multiply-adds a copy takes hardly any time, in front of them it does.
  const T* unpacked_b;
  int64_t unpacked_b_stride;
  T* c;  // as in GemmBlock
  int64_t c_stride;
  bool c_transposed;
  // What else is done until the end, most of it beside the sums; or null.
  const GemmNextRows<T>* next_a = nullptr;
  const AdamRectangle<T>* adam = nullptr;
};

template <typename T>
struct GemmKernels {
  const char* name;      // "avx512", "avx2", "portable"
  int tile_rows, panel;  // the largest register tile
  // Blocking for the caches of such CPUs: terms of one block, and bytes of a packed block of A.
  int64_t block_terms, packed_a_bytes;
  // Every element of C is computed as one chain of multiply-adds over the terms in order, so its bits do not
  // depend on how rows and columns are cut into blocks.
  void (*block)(const GemmBlock<T>&);
  void (*packed_block)(const PackedGemmBlock<T>&);
  bool takes_next_a;                      // packed_block packs next_a
  void (*adam)(const AdamRectangle<T>&);  // null where packed_block takes no `adam`, either
  // Writes op(A)[rows, terms] as LeftLayout::tiles (rows * terms elements). layout is that of the source, not
  // tiles.
  void (*pack_a)(int64_t rows, int64_t terms, const T* a, int64_t stride, LeftLayout layout, T* to);
  // Writes op(B)[terms, cols] as panels of [terms, panel]; the last panel's missing columns are left alone.
  // transposed: element (p, j) at b[j * stride + p], else at b[p * stride + j].
  void (*pack_b)(int64_t terms, int64_t cols, const T* b, int64_t stride, bool transposed, T* to);
  // y[i * y_stride] = alpha * (row i of A) . x + beta * y[i * y_stride], row i at a + i * stride. With beta
  // 0, y is not read. A row's bits do not depend on the other rows.
  void (*dot_rows)(int64_t rows, int64_t terms, T alpha, const T* a, int64_t stride, const T* x, T beta, T* y,
                   int64_t y_stride);
  // y[j * y_stride] = alpha * (sum over p of x[p * x_stride] * B[p, j]) + beta * y[j * y_stride], row p of B at
  // b + p * b_stride. With beta 0, y is not read. An element's bits do not depend on the other columns.
  void (*add_rows)(int64_t terms, int64_t cols, T alpha, const T* x, int64_t x_stride, const T* b,
                   int64_t b_stride, T beta, T* y, int64_t y_stride);
};

// NULL when this build has no such kernels. They do not ask whether the CPU can run them.
const GemmKernels<float>* gemm_kernels_avx512_f32();
const GemmKernels<double>* gemm_kernels_avx512_f64();
const GemmKernels<float>* gemm_kernels_avx2_f32();
const GemmKernels<double>* gemm_kernels_avx2_f64();
const GemmKernels<float>* gemm_kernels_portable_f32();
const GemmKernels<double>* gemm_kernels_portable_f64();

}  // namespace tl::kernels
