// Passes: each makes a program shorter, or nearer to what the machine does, and leaves what it computes as it is, to the bit, but
// for those that reassociate, which run only where the step's owner allows it.
// So a transpose in front of a matmul stays: with the flag in its place the product adds up in another order at some sizes.
// Each is a function of its own in a file of its own; passes.cpp says in which order they run.
#pragma once

#include "core/graph/program.h"

namespace tl::compile {

struct Pass {
  const char* name;
  void (*run)(graph::Program&, Context&);
  // It changes the order in which sums are added up, and with it bits: it runs only with leave.
  bool reassociates = false;
};

// In the order in which they run.
Span<const Pass> passes();

// Reshapes to the same shape, identity, stop_gradient, casts to the same dtype, broadcasts to the same shape, slices of
// everything, double transposes, negations of negations, products with 1: their operand takes the place of the result.
void canonicalise(graph::Program& program, Context& context);
// Operands of element-wise ops and products of matrices that were broadcast to a shape which the op gives them anyway are taken
// as they were before.
void absorb_broadcasts(graph::Program& program, Context& context);
// What is computed of constants alone, such as a full, is computed now, unless it is large.
void fold_constants(graph::Program& program, Context& context);
// Constants whose elements are all the same are one element to element-wise ops that broadcast it.
void shrink_constants(graph::Program& program, Context& context);
// Nodes that compute the same thing of the same values become one. Not random draws, exchanges, nor a recomputed segment and its
// first run.
void merge_common(graph::Program& program, Context& context);
// Nodes whose results nobody takes go, unless they check data: their errors are those of the step.
void drop_dead(graph::Program& program, Context& context);
// The product of a matrix that is a sum of others with scaled rows becomes the sum of their products, where these are there.
void reassociate_products(graph::Program& program, Context& context);
// A product with such a matrix that is added to products with the others goes into these.
void reassociate_product_sums(graph::Program& program, Context& context);
// A product of matrices that is added to another one becomes one node with the addition.
void fuse_product_sums(graph::Program& program, Context& context);
// Chains of element-wise ops, ops on rows and reductions become tile programs (core/kernels/tile).
void fuse_elementwise(graph::Program& program, Context& context);
// The step of an optimizer on a large variable takes in the products whose sum is its gradient.
void fuse_product_updates(graph::Program& program, Context& context);
// Steps of one optimizer on small variables become one node.
void fuse_updates(graph::Program& program, Context& context);
// set_rows on what a variable holds becomes a check of the indices and a write that cannot fail.
void split_row_writes(graph::Program& program, Context& context);
// Exchanges that can go on beside other work, and what they need, stand in front of all that they do not need.
void advance_exchanges(graph::Program& program, Context& context);
// Nodes stand where their results live shortest: updates of variables as soon as nothing that can fail, and nobody who needs
// the old value, comes behind.
void schedule(graph::Program& program, Context& context);
// Exchanges that have work behind them which does not wait for them become two nodes, around it.
void overlap_exchanges(graph::Program& program, Context& context);

// Runs the passes but those that are named, and those that reassociate only with leave. verify: looks at the program between
// them (throws kInternal).
void run_passes(graph::Program& program, Context& context, Span<const char* const> without, bool verify,
                bool allow_reassociation);

// Whether a node with one result gives that the shape it has, with the operands that it takes now.
bool keeps_shape(const graph::Program& program, const graph::Node& node);
// Whether a node gives a variable its final value and may do so in the variable's memory.
bool is_update(const graph::Program& program, const graph::Node& node);
// Whether the kernel of a node can fail: it checks data, or may need memory for itself.
bool can_fail(const graph::Node& node);

}  // namespace tl::compile
