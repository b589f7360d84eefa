// The table of a model's layers, laid out as Keras does it, in plain ASCII.
#include <algorithm>
#include <array>
#include <cmath>

#include "core/nn/sequential.h"

namespace tl::nn {
namespace {

using Row = std::array<std::string, 3>;

// 100480 as "100,480".
std::string grouped(int64_t n) {
  std::string digits = std::to_string(n), out;
  for (size_t i = 0; i < digits.size(); i++) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string size_text(double bytes) {
  const char* unit = "B";
  for (const char* next : {"KB", "MB", "GB", "TB"}) {
    if (bytes < 1024) break;
    bytes /= 1024;
    unit = next;
  }
  // Two digits behind the point, by whole numbers: no locale and no printf.
  int64_t hundredths = std::llround(bytes * 100);
  std::string fraction = std::to_string(100 + hundredths % 100).substr(1);
  return concat(hundredths / 100, ".", fraction, " ", unit);
}

std::string shape_text(const Shape& shape) {
  std::string out = "(?";
  for (int i = 1; i < shape.rank(); i++) out += concat(", ", shape[i]);
  return out + (shape.rank() == 1 ? ",)" : ")");
}

struct Total {
  int64_t parameters = 0, bytes = 0;
  void count(const Variable& v) {
    parameters += v.shape().elements();
    bytes += v.shape().elements() * static_cast<int64_t>(size_of(v.dtype()));
  }
};

Total total_of(const std::vector<VariableRef>& variables) {
  Total total;
  for (const VariableRef& v : variables) total.count(*v);
  return total;
}

Row row_of(const Layer& layer) {
  bool known = layer.built() && layer.input_shape().rank() > 0;
  return {concat(layer.name(), " (", layer.type(), ")"),
          known ? shape_text(layer.output_shape(layer.input_shape())) : "?",
          layer.built() ? grouped(total_of(layer.variables()).parameters) : "? (not built)"};
}

std::string line(const char* name, Total total) {
  return concat(" ", name, ": ", grouped(total.parameters), " (", size_text(static_cast<double>(total.bytes)),
                ")\n");
}

}  // namespace

std::string summary(const Layer& layer) {
  std::vector<Row> rows{{"Layer (type)", "Output Shape", "Param #"}};
  if (auto sequential = dynamic_cast<const Sequential*>(&layer)) {
    for (const LayerPtr& part : sequential->layers()) rows.push_back(row_of(*part));
  } else {
    rows.push_back(row_of(layer));
  }
  size_t widths[3] = {};
  for (const Row& row : rows)
    for (size_t i = 0; i < 3; i++) widths[i] = std::max(widths[i], row[i].size());
  std::string rule(1 + widths[0] + 3 + widths[1] + 3 + widths[2] + 1, '=');

  std::string out = concat("Model: \"", layer.name(), "\"\n", rule, "\n");
  for (size_t r = 0; r < rows.size(); r++) {
    const Row& row = rows[r];
    out += " " + row[0] + std::string(widths[0] - row[0].size() + 3, ' ') + row[1] +
           std::string(widths[1] - row[1].size() + 3, ' ') + std::string(widths[2] - row[2].size(), ' ') +
           row[2] + "\n";
    if (r == 0) out += rule + "\n";
  }
  Total all, trainable;
  for (const VariableRef& v : layer.variables()) {
    all.count(*v);
    if (v->trainable()) trainable.count(*v);
  }
  Total fixed{all.parameters - trainable.parameters, all.bytes - trainable.bytes};
  return out + rule + "\n" + line("Total params", all) + line("Trainable params", trainable) +
         line("Non-trainable params", fixed);
}

}  // namespace tl::nn
