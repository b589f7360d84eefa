// A model as a graph in Graphviz's DOT: a box for each layer, a frame for each model of layers.
#include <set>

#include "core/base/escape.h"
#include "core/nn/sequential.h"

namespace tl::nn {
namespace {

class Drawing {
 public:
  std::string of(const Layer& layer) {
    out_ = "digraph " + dot_text(layer.name()) +
           " {\n  node [fontname=\"sans-serif\", fontsize=10, shape=box, style=rounded];\n"
           "  edge [fontname=\"sans-serif\", fontsize=8];\n  input [label=\"input\", shape=ellipse];\n";
    const bool known = layer.built() && layer.input_shape().rank() > 0;
    const Flow end = draw(layer, {"input", layer.input_shape(), known}, 1);
    out_ += "  output [label=\"output\", shape=ellipse];\n";
    edge(end, "output");
    return out_ + edges_ + "}\n";
  }

 private:
  // What comes out of a box: its name, and the shape where that is known.
  struct Flow {
    std::string from;
    Shape shape;
    bool known;
  };

  // Behind all frames: an edge inside of one would pull its ends into it.
  void edge(const Flow& flow, const std::string& to) {
    edges_ += concat("  ", flow.from, " -> ", to);
    if (flow.known) {
      std::string shape = "(?";
      for (int i = 1; i < flow.shape.rank(); i++) shape += concat(", ", flow.shape[i]);
      edges_ += concat(" [label=", dot_text(shape + (flow.shape.rank() == 1 ? ",)" : ")")), "]");
    }
    edges_ += ";\n";
  }

  Flow draw(const Layer& layer, Flow flow, size_t depth) {
    const std::string indent(2 * depth, ' ');
    if (const auto* model = dynamic_cast<const Sequential*>(&layer)) {
      out_ += concat(indent, "subgraph cluster_", number_++, " {\n", indent,
                     "  label=", dot_text(layer.name()), ";\n");
      for (const LayerPtr& part : model->layers()) flow = draw(*part, flow, depth + 1);
      out_ += indent + "}\n";
      return flow;
    }
    int64_t parameters = 0;
    for (const VariableRef& v : layer.variables()) parameters += v->shape().elements();
    const std::string box = concat("l", number_++);
    // A layer that stands in a model twice has its variables once.
    std::string label = concat(layer.name(), "\n", layer.type());
    if (parameters) label += concat("\n", parameters, " parameters", drawn_.count(&layer) ? " (shared)" : "");
    drawn_.insert(&layer);
    out_ += concat(indent, box, " [label=", dot_text(label), "];\n");
    edge(flow, box);
    if (flow.known) flow.shape = layer.output_shape(flow.shape);
    flow.from = box;
    return flow;
  }

  std::string out_, edges_;
  size_t number_ = 0;
  std::set<const Layer*> drawn_;
};

}  // namespace

std::string to_dot(const Layer& layer) { return Drawing().of(layer); }

}  // namespace tl::nn
