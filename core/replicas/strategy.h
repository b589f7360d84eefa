// What a training loop over replicas needs beside collectives: variables that are the same on all, the loss of the global batch,
// metrics of all together. Each function is called by all ranks.
//
// How examples reach ranks is the business of core/data (replica_rows); what starts ranks, of whoever calls.
#pragma once

#include <functional>

#include "core/replicas/collectives.h"
#include "core/tensor/variable.h"

namespace tl::replicas {

// Gives the variables of all ranks the values of rank 0: all or, where that fails, none. Two ranks whose variables differ in number,
// dtype or shape get kMismatch.
void mirror(const GroupPtr& group, Span<Variable* const> variables);
// Throws kMismatch on all ranks where a variable has not the same bits on all of them: with its name, and the first rank that differs
// from rank 0.
void check_mirrored(const GroupPtr& group, Span<Variable* const> variables);
// Gives them the mean over ranks: moving statistics of batch normalisation, or replicas that train apart for a while. Floating
// types.
void average(const GroupPtr& group, Span<Variable* const> variables);

// This rank's share of the mean loss of all examples of all ranks: the sum of its losses over the number of losses on all ranks, which
// may be unlike, and 0 here. The shares of all ranks add up to the mean, and so do their gradients, whatever the sizes. Of no loss on any
// rank 0. kMismatch where their dtypes differ.
Tensor average_loss(const GroupPtr& group, const Tensor& losses);

// What `result` gives while the variables hold the sums over ranks of their values; they are as before afterwards, also when it
// throws. For the states of metrics, which a metric adds up itself on each rank. subject: which metric it is; kMismatch on all ranks where
// that is not the same.
Tensor with_sums(const GroupPtr& group, const std::string& subject, Span<const VariableRef> variables,
                 const std::function<Tensor()>& result);

}  // namespace tl::replicas
