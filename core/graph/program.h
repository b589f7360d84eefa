// Program: a step as it was recorded. Static shapes, single assignment, the same ops as everywhere: a list of nodes, each an op
// of the table with its attributes, over values that are numbered.
//
// What a program does to the world stands beside the nodes, not among them: which values variables have when it is done, how
// many random calls it draws, which numbers the host computes for it. Values do not change, so that order means nothing but
// "after what it needs", and a pass may move nodes freely. Exchanges alone keep their order, because others make the same calls:
// none is merged, dropped, folded or moved past another.
//
// This file knows no kernel, no memory and no thread: core/compile makes something that runs of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/ops/schema.h"
#include "core/tensor/exchange.h"
#include "core/tensor/host_numbers.h"
#include "core/tensor/variable.h"
#include "core/tensor/words.h"

namespace tl::graph {

using ValueId = uint32_t;
inline constexpr ValueId kNoValue = 0xFFFFFFFF;

enum class Origin : uint8_t {
  kInput,       // `index`: which input of the step
  kVariable,    // `index` in Program::variables: what the variable holds when the step begins
  kConstant,    // `index` in Program::constants
  kHostNumber,  // `index` in Program::host_numbers: rank 0
  kResult,      // of a node
};

struct Value {
  DType dtype;
  Shape shape;
  Origin origin;
  uint32_t index = 0;
  size_t bytes() const { return static_cast<size_t>(shape.elements()) * size_of(dtype); }
};

// Several ops that a pass has made one node of: its row, like that of an op in the table, and what else is known of it.
struct Fused {
  virtual ~Fused() = default;
  OpSchema schema{};  // what the node points to
  std::vector<OutputSpec> results;
  std::vector<int> inplace;   // of each result: the operand that it may be written over, or -1
  std::vector<OpId> made_by;  // of each result
  std::vector<OpId> ops;      // in order, for people
  std::string detail;         // more of them, likewise
  double flops = 0;
};

// A call to others outside of the program, as a node: its row, and its place among those of the step.
// One that goes on beside the nodes behind it is two of them: the first has its operands and makes its results, the second takes both, and
// gives the results as its own, of the same memory, to all others.
enum class Half : uint8_t { kWhole, kStart, kFinish };
struct Exchanged {
  std::shared_ptr<Exchange> exchange;
  Half half = Half::kWhole;
  uint32_t number;                  // from 0 on, in the order in which the calls were made
  OpSchema schema{};                // what the node points to, but for the numbers of operands and results
  std::vector<OutputSpec> results;  // as they were recorded
};

struct Node {
  const OpSchema* schema;
  std::vector<ValueId> in, out;
  std::vector<uint64_t> attrs;  // the bytes of the op's attribute struct
  // Of a random op: which of the step's random calls it draws; -1 where it draws none, or numbers of a call of somebody else.
  int64_t draw = -1;
  // 0, or which run of recomputed segments it belongs to: merged with the first run, nothing would be saved by it.
  uint32_t again = 0;
  std::shared_ptr<const Fused> fused = nullptr;          // null for an op of the table
  std::shared_ptr<const Words> words = nullptr;          // of its errors; null: its own
  std::shared_ptr<const Exchanged> exchanged = nullptr;  // null for what stays in the program

  // The operand over which result k may be written, or -1.
  int inplace(size_t k) const { return fused ? fused->inplace[k] : exchanged ? -1 : schema->inplace[k]; }

  template <class A>
  const A& as() const {
    return *reinterpret_cast<const A*>(attrs.data());
  }
  template <class A>
  A& as() {
    return *reinterpret_cast<A*>(attrs.data());
  }
  bool is_half(Half half) const;
  bool is(OpId id) const { return !fused && !exchanged && schema->id == id; }
};

inline bool Node::is_half(Half half) const { return exchanged && exchanged->half == half; }

struct VariableUse {
  Variable* variable;
  std::weak_ptr<const void> life;  // expires with the variable
  std::string name;
  ValueId initial = kNoValue;  // kNoValue: the step does not use what it holds
  ValueId final = kNoValue;    // kNoValue: the step does not change it
  // Whether a tape or forward mode was open at a read: what it followed then depends on whether the variable was trainable.
  bool followed = false;
  bool trainable = true;  // at the end of the step
};

struct Constant {
  Tensor tensor;
  bool host_data;  // made during the recording of data of the host: later steps see what the first one saw
};

// A source of host numbers and how many steps of it are in this step.
struct HostSource {
  std::weak_ptr<HostNumbers> life;
  HostNumbers* numbers;
  std::string name;
  int64_t steps = 0;
  std::vector<int> kinds;  // of these steps
};

struct HostNumber {
  uint32_t source;
  int64_t ahead;  // which of the source's steps, from 0 on
  int index;      // which of its numbers
};

struct Program {
  std::vector<Value> values;
  std::vector<Node> nodes;  // each after those whose results it takes
  std::vector<ValueId> inputs, outputs;
  std::vector<VariableUse> variables;  // in the order of first use
  std::vector<Constant> constants;
  std::vector<HostSource> host_sources;
  std::vector<HostNumber> host_numbers;
  uint64_t draws = 0;      // random calls of one step
  uint32_t exchanges = 0;  // calls to others of one step

  ValueId add_value(DType dtype, const Shape& shape, Origin origin, uint32_t index = 0) {
    values.push_back({dtype, shape, origin, index});
    return static_cast<ValueId>(values.size() - 1);
  }
  // Appends a node; its results are inferred. Throws as the op itself would.
  Node& add_node(OpId op, std::vector<ValueId> in, const void* attrs);
};

// f(value id), for each use of a value outside of nodes: outputs and final values of variables. It may change the id.
template <class F>
void for_each_result(Program& program, F&& f) {
  for (ValueId& id : program.outputs) f(id);
  for (VariableUse& use : program.variables)
    if (use.final != kNoValue) f(use.final);
}

// Writes ids by a table (of the values' number) wherever a value is used.
void replace_uses(Program& program, const std::vector<ValueId>& by);

// Leaves out values that nobody takes, and variables, constants and host numbers that are none of the step's business. Nodes
// stay, and so do inputs. Values are numbered anew, in the same order.
void drop_unused(Program& program);

// Two attribute structs of one op, compared by meaning: padding and the unused ends of lists do not count. NaN equals NaN.
bool same_attrs(const OpSchema& schema, const void* a, const void* b);
uint64_t hash_attrs(const OpSchema& schema, const void* attrs);

// What infer says of a node: the dtypes and shapes of its results. Throws as the op itself would.
void infer(const Program& program, const Node& node, OutputSpec* out);

// The node of an exchange, whose results are values of the program.
Node exchange_node(std::shared_ptr<Exchange> exchange, uint32_t number, std::vector<ValueId> in,
                   std::vector<ValueId> out, std::vector<OutputSpec> results, Half half = Half::kWhole);
// The same call as two nodes, with new values of the program between them.
std::pair<Node, Node> halves_of(Program& program, const Node& exchange);

// "" or why a program cannot run any more: a variable, optimizer or group that it uses has been released.
std::string stale_reason(const Program& program);
// The source whose steps would be of another kind now than those that were recorded (HostNumbers::kind); null: none.
const HostSource* changed_kind(const Program& program);
// The variable that a tape would follow now and did not then, or the other way round; null: none.
const VariableUse* changed_trainable(const Program& program);
// Whether two programs hold steps of the same sources, of the same kinds, with the same variables trainable.
bool same_kinds(const Program& a, const Program& b);

// Readable text, one line for each thing; core/graph/README.md explains it.
std::string to_text(const Program& program);
std::string to_text(const Program& program, const Node& node);

// The same as a graph of this name in Graphviz's DOT: boxes are ops, bold ones exchanges, blue ones variables before and
// after the step; edges are values, dotted ones the order of exchanges.
std::string to_dot(const Program& program, const std::string& name);

// "" or what is wrong with a program: an operand that is not defined before, two definitions of a value, results that the op
// would not give, ids out of range, two final values of one variable, an exchange that is missing or out of order.
std::string problem_of(const Program& program);

}  // namespace tl::graph
