// How layers get their names when a Sequential is made of them. Names of variables go into files, so what a layer is called must
// not depend on what is made of it later:
//
//   A layer is named by the first Sequential that it is put into, and keeps that name in all others. A name that the program gave
//   it is kept; others are the type's with a number that makes them differ, "dense", "dense_1", ... A variable is named
//   "<layer>/<variable>", behind the name of the Sequential that named the layer if that one has a given name or stands in another
//   itself: "<sequential>/<layer>/<variable>", and so on upwards. So a Sequential of no given name gets its name, and its variables
//   that prefix, when it is itself first put into another. Not where a layer of it stands in a third one as well by then, whose
//   variables would be renamed: then its variables keep their names without a prefix of what is around.
//
//   Two layers of one Sequential may not have one name, nor may two in it, at any depth, whose variables would.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/span.h"
#include "core/nn/layer.h"

namespace tl::nn {

class LayerNaming {
 public:
  // Names the layers of `model`, whose place is `place`. Throws kInvalidArgument for names that clash.
  LayerNaming(Layer& model, Span<const LayerPtr> layers, const std::shared_ptr<Layer::Place>& place);
  // Takes all names back, unless they are kept.
  ~LayerNaming();
  LayerNaming(const LayerNaming&) = delete;
  LayerNaming& operator=(const LayerNaming&) = delete;

  void keep();

 private:
  struct Before {
    Layer* layer;
    Layer::Place place;
  };

  struct Rename {
    VariableRef variable;
    std::string name, before;
  };

  void check_names();
  void place_layer(Layer& layer, std::string name);
  void number(Layer& layer, const std::vector<Layer*>& leaves);
  Layer* clash(const std::vector<Layer*>& leaves, Layer** with) const;
  Layer* owner(const std::string& name) const;
  void occupy(const std::vector<Layer*>& leaves);
  [[noreturn]] void refuse(const Layer& one, const Layer& other) const;
  void rename();
  void take_back() noexcept;
  static std::vector<Layer*> leaves_of(Layer& layer);
  static std::string full_name(const Layer& leaf);

  Layer& model_;
  Span<const LayerPtr> layers_;
  std::shared_ptr<Layer::Place> place_;
  bool kept_ = false;
  std::vector<Before> fresh_;               // layers that stood in no Sequential
  std::set<std::string> taken_;             // names of layers_
  std::map<std::string, Layer*> occupied_;  // names of leaves, with all that stands before them
  std::map<std::string, int> next_number_;  // by the name without one
  std::vector<Rename> renames_;
};

}  // namespace tl::nn
