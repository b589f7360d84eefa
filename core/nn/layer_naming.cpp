#include "core/nn/layer_naming.h"

namespace tl::nn {

LayerNaming::LayerNaming(Layer& model, Span<const LayerPtr> layers,
                         const std::shared_ptr<Layer::Place>& place)
    : model_(model), layers_(layers), place_(place) {
  check_names();
  fresh_.reserve(layers_.size());
  try {
    // Those whose names are settled first, so that the others can avoid them.
    std::set<const Layer*> done;
    for (const LayerPtr& layer : layers_) {
      const bool named = layer->place_->named;
      if ((!named && !layer->name_is_given()) || !done.insert(layer.get()).second) continue;
      if (!named) place_layer(*layer, layer->name());
      occupy(leaves_of(*layer));
    }
    for (const LayerPtr& layer : layers_) {
      if (!done.insert(layer.get()).second) continue;
      const std::vector<Layer*> leaves = leaves_of(*layer);
      number(*layer, leaves);
      occupy(leaves);
    }
    rename();
  } catch (...) {
    take_back();
    throw;
  }
}

LayerNaming::~LayerNaming() {
  if (!kept_) take_back();
}

std::vector<Layer*> LayerNaming::leaves_of(Layer& layer) {
  std::vector<Layer*> out;
  layer.add_leaves(out);
  return out;
}

// Of the layers themselves; two that are not named yet do not clash.
void LayerNaming::check_names() {
  std::map<std::string, size_t> first;
  std::set<const Layer*> distinct;
  for (size_t i = 0; i < layers_.size(); i++) {
    const Layer& layer = *layers_[i];
    if (!distinct.insert(&layer).second || (!layer.name_is_given() && !layer.place_->above)) continue;
    auto [at, is_new] = first.emplace(layer.name(), i);
    if (!is_new)
      invalid(model_.label(), "names of layers must differ, because their variables carry them: got '",
              layer.name(), "' twice, 'layers[", at->second, "]' and 'layers[", i,
              "]'; a layer keeps the name that it has in the first sequential layer: give one a name when it "
              "is made");
    taken_.insert(layer.name());
  }
}

void LayerNaming::place_layer(Layer& layer, std::string name) {
  fresh_.push_back({&layer, *layer.place_});
  layer.place_->name = std::move(name);
  layer.place_->named = true;
  if (layer.place_->settled) return;
  layer.place_->above = place_;
  layer.place_->shown = true;
}

// The first number with which neither the name nor those of variables in the layer clash.
void LayerNaming::number(Layer& layer, const std::vector<Layer*>& leaves) {
  const std::string base = layer.name();
  std::string name = base;
  int& next = next_number_[base];
  place_layer(layer, base);
  for (Layer* with = nullptr;; name = concat(base, "_", ++next)) {
    if (taken_.count(name)) continue;
    layer.place_->name = name;
    Layer* leaf = clash(leaves, &with);
    if (!leaf) break;
    // Would another number help?
    const Layer::Place* p = leaf->place_.get();
    while (p && p != layer.place_.get()) p = p->above.get();
    if (!p || (leaf != &layer && !layer.place_->shown)) refuse(*with, *leaf);
  }
  taken_.insert(std::move(name));
}

// A leaf in the list that would be called as another one, in it or settled before.
Layer* LayerNaming::clash(const std::vector<Layer*>& leaves, Layer** with) const {
  std::map<std::string, Layer*> here;
  for (Layer* leaf : leaves) {
    std::string name = full_name(*leaf);
    *with = owner(name);
    if (!*with || *with == leaf) *with = here.emplace(std::move(name), leaf).first->second;
    if (*with != leaf) return leaf;
  }
  return nullptr;
}

std::string LayerNaming::full_name(const Layer& leaf) { return leaf.prefix() + leaf.name(); }

// A layer in a Sequential that is named here has another name since it was noted.
Layer* LayerNaming::owner(const std::string& name) const {
  auto at = occupied_.find(name);
  return at != occupied_.end() && full_name(*at->second) == name ? at->second : nullptr;
}

void LayerNaming::occupy(const std::vector<Layer*>& leaves) {
  Layer* with = nullptr;
  if (Layer* leaf = clash(leaves, &with)) refuse(*with, *leaf);
  for (Layer* leaf : leaves) occupied_[full_name(*leaf)] = leaf;
}

void LayerNaming::refuse(const Layer& one, const Layer& other) const {
  invalid(model_.label(), "variables of different layers need names that differ: got '", full_name(one),
          "' for two layers in it, ", one.type(), " and ", other.type(),
          "; a layer keeps the name that it has in the first sequential layer: give one of them, or the "
          "sequential "
          "layer around it, a name when it is made");
}

// All new names first, then all changes.
void LayerNaming::rename() {
  std::vector<Rename> renames;
  std::set<const Layer*> done;
  for (const Before& fresh : fresh_)
    for (Layer* leaf : leaves_of(*fresh.layer)) {
      if (leaf->variables_.empty() || !done.insert(leaf).second) continue;
      const std::string before_each = full_name(*leaf) + "/";
      for (size_t i = 0; i < leaf->variables_.size(); i++) {
        const VariableRef& variable = leaf->variables_[i];
        renames.push_back({variable, before_each + leaf->local_names_[i], variable->name()});
      }
    }
  renames_ = std::move(renames);
  for (Rename& r : renames_) r.variable->set_name(std::move(r.name));
}

void LayerNaming::keep() {
  // What stands here and in another model as well must not be renamed by what that model is put into later.
  for (const LayerPtr& layer : layers_) {
    Layer::Place* root = layer->place_.get();
    while (root->above) root = root->above.get();
    if (root != place_.get()) root->settled = true;
  }
  kept_ = true;
}

void LayerNaming::take_back() noexcept {
  for (Rename& r : renames_) r.variable->set_name(std::move(r.before));
  for (Before& before : fresh_) std::swap(*before.layer->place_, before.place);
}

}  // namespace tl::nn
