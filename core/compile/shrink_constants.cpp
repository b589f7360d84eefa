// Constants whose elements are all the same are one element to an op that broadcasts by itself: it reads no memory for them, and
// works on its other operand as on one long row. Gradients of means and sums begin with such constants.
#include <cstring>

#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

bool is_uniform(const Tensor& t) {
  const size_t element = size_of(t.dtype());
  return t.elements() > 1 &&
         std::memcmp(t.raw(), static_cast<const std::byte*>(t.raw()) + element, t.bytes() - element) == 0;
}

// The one element, as a constant of its own.
ValueId element_of(Program& program, Context& context, ValueId id) {
  const Value& value = program.values[id];
  const Constant& constant = program.constants[value.index];
  Tensor one = context.allocate(value.dtype, Shape{});
  std::memcpy(one.mutable_raw(), constant.tensor.raw(), one.bytes());
  const bool host_data = constant.host_data;
  const uint32_t index = static_cast<uint32_t>(program.constants.size());
  program.constants.push_back({std::move(one), host_data});
  return program.add_value(value.dtype, Shape{}, Origin::kConstant, index);
}

}  // namespace

void shrink_constants(Program& program, Context& context) {
  std::vector<ValueId> element(program.values.size(),
                               kNoValue);  // of each constant, once somebody has asked for it
  std::vector<char> seen(program.values.size());
  for (Node& node : program.nodes) {
    if (!node.schema->elementwise || node.in.size() < 2) continue;
    for (ValueId& operand : node.in) {
      if (operand >= seen.size() || program.values[operand].origin != Origin::kConstant) continue;
      const ValueId whole = operand;
      if (!seen[whole]) {
        seen[whole] = 1;
        if (is_uniform(program.constants[program.values[whole].index].tensor))
          element[whole] = element_of(program, context, whole);
      }
      if (element[whole] == kNoValue) continue;
      operand = element[whole];
      if (!keeps_shape(program, node)) operand = whole;
    }
  }
}

}  // namespace tl::compile
