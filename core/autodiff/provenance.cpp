#include "core/autodiff/provenance.h"

#include <algorithm>

#include "core/base/make_room.h"

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
  const size_t values = in.size() + out.size();
  make_room(places_, values);
  make_room(tracked_, values);
  make_room(nodes_, values);
  index_.make_room(values);
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

Provenance::Cone Provenance::cone(Span<const uint64_t> targets) const {
  Cone out;
  out.targets.assign(targets.begin(), targets.end());
  out.inside.assign(nodes_.size(), 0);
  std::vector<char> seen(steps_.size(), 0);
  std::vector<int32_t> open;
  auto enter = [&](int32_t n) {
    if (n < 0 || out.inside[n]) return;
    out.inside[n] = 1;
    open.push_back(n);
  };
  for (uint64_t id : targets) enter(find(id));
  while (!open.empty()) {
    int32_t s = nodes_[open.back()].step;
    open.pop_back();
    if (s < 0 || seen[s]) continue;
    seen[s] = 1;
    out.steps.push_back(s);
    for (uint32_t i = steps_[s].first; i < steps_[s].first + steps_[s].num_in; i++) enter(places_[i]);
  }
  // By the ids of results, because steps that were merged from two lists stand in no order; ids grow.
  auto made = [&](int32_t s) { return nodes_[places_[steps_[s].first + steps_[s].num_in]].id; };
  std::sort(out.steps.begin(), out.steps.end(), [&](int32_t a, int32_t b) { return made(a) < made(b); });
  return out;
}

std::vector<Provenance::Node> Provenance::leaves(const Cone& cone) const {
  std::vector<Node> out;
  for (size_t n = 0; n < nodes_.size(); n++)
    if (cone.inside[n] && nodes_[n].step < 0) out.push_back(nodes_[n]);
  return out;
}

}  // namespace tl
