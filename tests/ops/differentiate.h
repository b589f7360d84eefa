// What the tests of derivatives share: an op case as a function, and the derivatives of a function, by a tape and by forward
// mode, as functions again, so that they nest in any order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/autodiff/tape.h"
#include "tests/ops/op_case.h"

namespace tl::test {

using Values = std::vector<Tensor>;
using Map = std::function<Values(const Values&)>;

ContextOptions one_thread();

// The op of a case as a function of its floating operands; the others are constants. Random ops draw the same numbers
// at each call. It gives the floating outputs.
Map function_of(const OpCase& c, Context& context, const Tensors& operands);

// The gradients of <weights, f> at z by the first `sources` of z, from one tape.
Values tape_gradient(Context& context, const Map& f, const Values& z, size_t sources, const Values& weights,
                     Unconnected unconnected);
// The tangents of f at z along `along`, which has a direction for each of z, or null where it does not move.
Values forward_tangents(Context& context, const Map& f, const Values& z, const Values& along,
                        Unconnected unconnected);

// J^T w as a function of (z, w), and J v as a function of (z, v), where f has `sources` operands z.
Map gradient_of(Context& context, Map f, size_t sources);
Map tangent_of(Context& context, Map f, size_t sources);

// Fixed numbers in [0.5, 1.5] with random signs, of the shapes of the tensors.
std::vector<Array> directions_for(const Values& like, uint64_t seed);
Values tensors_of(Context& context, const std::vector<Array>& arrays);

// Does forward mode agree with the tape? <u, J v> against <J^T u, v> for fixed u and v, relative to the sizes of the terms.
// "" or the difference.
std::string compare_modes(Context& context, const Map& f, const std::vector<Array>& z, double tolerance);

}  // namespace tl::test
