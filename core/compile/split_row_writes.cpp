// set_rows on what a variable holds becomes two nodes: the check of the indices, which can fail, and the write, which cannot.
// So the rows can be written in the memory of the variable, behind all that can fail: a replay buffer or a table of embeddings
// is not copied to change a few rows. The indices are kept as they were checked: the write cannot see others.
#include <cstring>

#include "core/compile/fused.h"
#include "core/compile/pass.h"
#include "core/kernels/row_writes.h"

namespace tl::compile {

using namespace graph;

namespace {

// The rows of one set_rows.
struct Rows {
  DType dtype;  // of the indices
  int64_t count, size;
  size_t row_bytes, bytes;
};

class CheckRows final : public FusedKernel {
 public:
  explicit CheckRows(const Rows& rows) : rows_(rows) {
    results = {{rows.dtype, Shape{rows.count}}};
    inplace = {-1};
    made_by = ops = {OpId::kSetRows};
    flops = static_cast<double>(rows.count);
    describe("checked_rows", 1, false);
    schema.checks_data = true;
  }
  void reserve(ThreadPool&) const override {}
  void run(ThreadPool&, const void* const* in, void* const* out, const kernels::DropoutDraw&) const override {
    kernels::check_rows(rows_.dtype, in[0], rows_.count, rows_.size);
    std::memcpy(out[0], in[0], static_cast<size_t>(rows_.count) * size_of(rows_.dtype));
  }

 private:
  Rows rows_;
};

class WriteRows final : public FusedKernel {
 public:
  WriteRows(const Rows& rows, const Value& x) : rows_(rows) {
    results = {{x.dtype, x.shape}};
    inplace = {0};
    made_by = ops = {OpId::kSetRows};
    flops = static_cast<double>(rows.count);
    describe("write_rows", 3, false);
  }
  void reserve(ThreadPool&) const override {}
  void run(ThreadPool&, const void* const* in, void* const* out, const kernels::DropoutDraw&) const override {
    kernels::write_rows(rows_.dtype, in[1], rows_.count, in[2], rows_.row_bytes, in[0], out[0], rows_.bytes);
  }

 private:
  Rows rows_;
};

bool is_row_write_of_variable(const Program& program, const Node& node) {
  if (!node.is(OpId::kSetRows)) return false;
  const Value& x = program.values[node.in[0]];
  return x.origin == Origin::kVariable && program.variables[x.index].final == node.out[0] &&
         program.values[node.in[1]].shape.elements() > 0 && x.bytes() > 0;
}

}  // namespace

void split_row_writes(Program& program, Context&) {
  std::vector<Node> nodes;
  nodes.reserve(program.nodes.size());
  for (Node& node : program.nodes) {
    if (!is_row_write_of_variable(program, node)) {
      nodes.push_back(std::move(node));
      continue;
    }
    const Value x = program.values[node.in[0]], indices = program.values[node.in[1]];
    const Rows rows{indices.dtype, indices.shape.elements(), x.shape[0],
                    program.values[node.in[2]].bytes() / static_cast<size_t>(indices.shape.elements()),
                    x.bytes()};
    const ValueId checked = program.add_value(indices.dtype, indices.shape, Origin::kResult);
    nodes.push_back(fused_node(std::make_shared<CheckRows>(rows), {node.in[1]}, {checked}));
    nodes.push_back(
        fused_node(std::make_shared<WriteRows>(rows, x), {node.in[0], checked, node.in[2]}, node.out));
    for (Node* half : {&nodes[nodes.size() - 2], &nodes.back()})
      half->again = node.again, half->words = node.words;
  }
  program.nodes = std::move(nodes);
}

}  // namespace tl::compile
