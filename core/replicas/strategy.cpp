#include "core/replicas/strategy.h"

#include <utility>

#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl::replicas {
namespace {

std::vector<Tensor> values_of(const char* op, const GroupPtr& group, Span<Variable* const> variables) {
  std::vector<Tensor> out;
  for (Variable* v : variables) {
    if (&v->context() != &group->context()) {
      const std::string text = concat("[", op, "] variables must be of the group's context: got '", v->name(),
                                      "' of another one; make it in this one");
      group->leave(text);
      invalid(text);
    }
    out.push_back(v->peek());
  }
  return out;
}

void assign_all(Span<Variable* const> variables, std::vector<Tensor> values) {
  for (size_t i = 0; i < variables.size(); i++) variables[i]->assign(std::move(values[i]));
}

// FNV-1a, 64 bits: for telling values apart that should be the same, not against anybody who wants them to look so.
int64_t hash_of(const Tensor& t) {
  uint64_t h = 14695981039346656037u;
  for (size_t i = 0; i < t.bytes(); i++) h = (h ^ static_cast<uint64_t>(t.raw()[i])) * 1099511628211u;
  return static_cast<int64_t>(h);
}

}  // namespace

void mirror(const GroupPtr& group, Span<Variable* const> variables) {
  constexpr const char* op = "group_mirror";
  const std::vector<Tensor> mine = values_of(op, group, variables);
  assign_all(variables, group->broadcast(op, mine, 0));
}

void check_mirrored(const GroupPtr& group, Span<Variable* const> variables) {
  constexpr const char* op = "group_check_mirrored";
  group->context().note_unreplayable(
      "group_check_mirrored looks at variables; call it between compiled steps");
  const std::vector<Tensor> values = values_of(op, group, variables);
  const auto count = static_cast<int64_t>(values.size());
  const Tensor mine = group->context().allocate(DType::kI64, Shape{1, count});
  for (size_t i = 0; i < values.size(); i++) mine.mutable_data<int64_t>()[i] = hash_of(values[i]);
  const Tensor all = group->all_gather(op, mine);
  const int64_t* hashes = all.data<int64_t>();
  for (int64_t rank = 1; rank < group->size(); rank++)
    for (int64_t i = 0; i < count; i++)
      if (hashes[rank * count + i] != hashes[i])
        fail(Code::kMismatch, "[", op, "] variables must have the same bits on all ranks: variable ", i,
             " ('", variables[static_cast<size_t>(i)]->name(), "') of rank ", rank,
             " differs from rank 0's; were all gradients reduced, and all variables mirrored?");
}

void average(const GroupPtr& group, Span<Variable* const> variables) {
  constexpr const char* op = "group_average_variables";
  const std::vector<Tensor> mine = values_of(op, group, variables);
  assign_all(variables, group->all_reduce(op, mine, Reduction::kMean));
}

Tensor average_loss(const GroupPtr& group, const Tensor& losses) {
  constexpr const char* op = "group_average_loss";
  if (!losses || !is_floating(losses.dtype())) {
    const std::string text = concat("[", op, "] losses must be floating point: got ",
                                    losses ? concat(losses.dtype(), " ", losses.shape()) : "null",
                                    "; pass one loss for each example");
    group->leave(text);
    invalid(text);
  }
  // By ops alone, so that a recorded step counts anew in each replay.
  const Tensor mine = full(group->context(), Shape{}, static_cast<double>(losses.elements()), DType::kI64);
  const Tensor all = group->all_reduce(op, Span<const Tensor>(&mine, 1), Reduction::kSum, dist::Wire::kAsIs,
                                       concat("count of ", losses.dtype(), " losses"))[0];
  // Of no loss at all the sum is 0, and so is the mean.
  const Tensor one = full(group->context(), Shape{}, 1.0, DType::kI64);
  return div(sum(losses), cast(maximum(all, one), losses.dtype()));
}

Tensor with_sums(const GroupPtr& group, const std::string& subject, Span<const VariableRef> variables,
                 const std::function<Tensor()>& result) {
  constexpr const char* op = "group_metric_result";
  std::vector<Variable*> list;
  for (const VariableRef& v : variables) list.push_back(v.get());
  const std::vector<Tensor> mine = values_of(op, group, list);
  std::vector<Tensor> sums = group->all_reduce(op, mine, Reduction::kSum, dist::Wire::kAsIs, subject);
  struct Restored {  // also when the result throws
    std::vector<Variable*>& list;
    std::vector<Tensor> before;
    ~Restored() {
      for (size_t i = 0; i < list.size(); i++) list[i]->put_unseen(std::move(before[i]));
    }
  } restored{list, mine};
  for (size_t i = 0; i < list.size(); i++) list[i]->put_unseen(std::move(sums[i]));
  const Unrecorded no_tape(group->context());
  return result();
}

}  // namespace tl::replicas
