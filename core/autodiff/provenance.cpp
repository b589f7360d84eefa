#include "core/autodiff/provenance.h"

#include <algorithm>

namespace tl {

int32_t Provenance::node(const Tensor& t) {
  int32_t n = index_.find(t.id());
  if (n >= 0) return n;
  n = static_cast<int32_t>(nodes_.size());
  nodes_.push_back({t.id(), t.node()->made_by, is_floating(t.dtype()), -1});
  index_.insert(t.id(), n);
  return n;
}

void Provenance::add(Reason cut, std::string name, Span<const Tensor* const> in, Span<const char> tracked,
                     Span<const Tensor> out, uint32_t generation) {
  const Tensor& result = out[0];
  steps_.push_back({cut, std::move(name), counts_ ? steps_.size() + 1 : 0, result.dtype(), result.shape(),
                    generation, static_cast<uint32_t>(places_.size()), static_cast<uint32_t>(in.size()),
                    static_cast<uint32_t>(out.size())});
  for (size_t i = 0; i < in.size(); i++) {
    places_.push_back(node(*in[i]));
    tracked_.push_back(tracked[i]);
  }
  for (const Tensor& t : out) {
    int32_t n = node(t);
    nodes_[n].step = static_cast<int32_t>(steps_.size() - 1);
    places_.push_back(n);
    tracked_.push_back(0);
  }
}

// Which nodes the targets are made of, themselves included; their steps in the order in which they ran.
std::vector<char> Provenance::ancestors(Span<const uint64_t> targets, std::vector<int32_t>* steps) const {
  std::vector<char> wanted(nodes_.size(), 0);
  std::vector<char> seen(steps_.size(), 0);
  std::vector<int32_t> open;
  for (uint64_t id : targets)
    if (int32_t n = find(id); n >= 0 && !wanted[n]) {
      wanted[n] = 1;
      open.push_back(n);
    }
  while (!open.empty()) {
    int32_t s = nodes_[open.back()].step;
    open.pop_back();
    if (s < 0 || seen[s]) continue;
    seen[s] = 1;
    steps->push_back(s);
    for (uint32_t i = steps_[s].first; i < steps_[s].first + steps_[s].num_in; i++) {
      int32_t n = places_[i];
      if (wanted[n]) continue;
      wanted[n] = 1;
      open.push_back(n);
    }
  }
  // By the ids of results, because steps that were merged from two lists stand in no order; ids grow.
  auto made = [&](int32_t s) { return nodes_[places_[steps_[s].first + steps_[s].num_in]].id; };
  std::sort(steps->begin(), steps->end(), [&](int32_t a, int32_t b) { return made(a) < made(b); });
  return wanted;
}

std::vector<Provenance::Node> Provenance::leaves(Span<const uint64_t> targets) const {
  std::vector<int32_t> steps;
  std::vector<char> wanted = ancestors(targets, &steps);
  std::vector<Node> out;
  for (size_t n = 0; n < nodes_.size(); n++)
    if (wanted[n] && nodes_[n].step < 0) out.push_back(nodes_[n]);
  return out;
}

}  // namespace tl
