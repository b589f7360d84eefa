#include "core/compile/batch_sizes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

// "" or why two constants may hold different elements. A tensor from outside is the same one; data of the host may be made anew.
std::string difference(const Constant& a, const Constant& b, size_t number) {
  const Tensor &x = a.tensor, &y = b.tensor;
  if (x.dtype() != y.dtype() || x.shape() != y.shape())
    return concat("constant ", number, " is ", x.dtype(), " ", x.shape(), " in one and ", y.dtype(), " ",
                  y.shape(), " in the other");
  if (x.raw() == y.raw()) return "";
  if (!a.host_data || !b.host_data) return concat("constant ", number, " is another tensor");
  if (std::memcmp(x.raw(), y.raw(), x.bytes()) != 0)
    return "they make tensors of different data of the host; compute them from the inputs";
  return "";
}

bool same_source(const HostSource& a, const HostSource& b) {
  return a.numbers == b.numbers && a.steps == b.steps && a.kinds == b.kinds && !a.life.expired();
}

bool same_variable(const VariableUse& a, const VariableUse& b) {
  return a.variable == b.variable && a.initial == b.initial && a.final == b.final && !a.life.expired();
}

bool same_number(const HostNumber& a, const HostNumber& b) {
  return a.source == b.source && a.ahead == b.ahead && a.index == b.index;
}

template <class T, class F>
bool same_lists(const std::vector<T>& a, const std::vector<T>& b, F&& same) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++)
    if (!same(a[i], b[i])) return false;
  return true;
}

// The same program with everything numbered in the order in which it is used, without what nobody takes. The first step of an
// optimizer also makes its state: by this it looks like a later one.
Program in_order_of_use(Program program, Context& context) {
  drop_dead(program, context);
  Program out;
  std::vector<ValueId> by(program.values.size(), kNoValue);
  std::vector<uint32_t> variable_by(program.variables.size(), kNoValue);
  auto use_variable = [&](uint32_t i) {
    if (variable_by[i] == kNoValue) {
      variable_by[i] = static_cast<uint32_t>(out.variables.size());
      out.variables.push_back(program.variables[i]);
    }
    return variable_by[i];
  };
  auto use = [&](ValueId& id) {
    if (by[id] == kNoValue) {
      Value v = program.values[id];
      switch (v.origin) {
        case Origin::kVariable: v.index = use_variable(v.index); break;
        case Origin::kConstant:
          out.constants.push_back(program.constants[v.index]);
          v.index = static_cast<uint32_t>(out.constants.size() - 1);
          break;
        case Origin::kHostNumber:
          out.host_numbers.push_back(program.host_numbers[v.index]);
          v.index = static_cast<uint32_t>(out.host_numbers.size() - 1);
          break;
        case Origin::kInput:
        case Origin::kResult: break;
      }
      by[id] = static_cast<ValueId>(out.values.size());
      out.values.push_back(v);
    }
    id = by[id];
  };
  for (ValueId& id : program.inputs) use(id);
  for (Node& node : program.nodes) {
    for (ValueId& id : node.in) use(id);
    for (ValueId& id : node.out) use(id);
  }
  for (ValueId& id : program.outputs) use(id);
  // Those whose value the step does not use, in the order of what they become.
  std::vector<uint32_t> rest;
  for (uint32_t i = 0; i < program.variables.size(); i++)
    if (variable_by[i] == kNoValue) rest.push_back(i);
  std::stable_sort(rest.begin(), rest.end(), [&](uint32_t a, uint32_t b) {
    return by[program.variables[a].final] < by[program.variables[b].final];
  });
  for (uint32_t i : rest) use_variable(i);
  for (size_t i = 0; i < out.variables.size(); i++) {  // it may grow: by what another variable becomes
    ValueId initial = out.variables[i].initial, final = out.variables[i].final;
    if (initial != kNoValue) use(initial);
    if (final != kNoValue) use(final);
    out.variables[i].initial = initial;
    out.variables[i].final = final;
  }
  out.nodes = std::move(program.nodes);
  out.inputs = std::move(program.inputs);
  out.outputs = std::move(program.outputs);
  out.host_sources = std::move(program.host_sources);
  out.draws = program.draws;
  out.exchanges = program.exchanges;
  return out;
}

// To the bit: -0 is not 0, and a NaN is itself.
bool same_float(double a, double b) {
  uint64_t bits[2];
  std::memcpy(&bits[0], &a, sizeof a);
  std::memcpy(&bits[1], &b, sizeof b);
  return bits[0] == bits[1];
}

}  // namespace

// False where there is no such number.
bool SizedProgram::whole_at(const SizeFunction& f, int64_t size, int64_t* out) {
  return f.form == Form::kTimes ? !__builtin_mul_overflow(f.k, size, out)
                                : !__builtin_add_overflow(f.k, size, out);
}

class SizedProgram::Comparison {
 public:
  // first: `a` is the first recording, of which the program is made with `b`; else `a` is the program, and `b` is to be the same.
  Comparison(SizedProgram& made, const Program& a, const Program& b, bool first)
      : made_(made), a_(a), b_(b), first_(first) {}

  // "" or why the two have no common program.
  std::string run() {
    std::string why = inputs();
    if (why.empty()) why = surroundings();
    for (uint32_t i = 0; why.empty() && i < a_.nodes.size(); i++) why = node(i);
    if (why.empty()) why = shapes();
    if (why.empty()) words();
    return why;
  }
  int64_t size() const { return n_; }        // of the first program
  int64_t other_size() const { return m_; }  // of the second one

 private:
  std::string inputs() {
    if (a_.inputs.size() != b_.inputs.size()) return "they have different numbers of inputs";
    bool any = false;
    for (size_t i = 0; i < a_.inputs.size(); i++) {
      const Value &x = a_.values[a_.inputs[i]], &y = b_.values[b_.inputs[i]];
      if (x.dtype != y.dtype || x.shape.rank() != y.shape.rank())
        return concat("input ", i, " is of another kind");
      bool varies = false;
      for (int axis = 0; axis < x.shape.rank(); axis++) {
        if (x.shape[axis] == y.shape[axis]) continue;
        if (axis > 0) return concat("input ", i, " differs in another dimension than the leading one");
        varies = true;
      }
      if (first_) made_.varies_.push_back(varies);
      if (!first_ && varies && !made_.varies(i))
        return concat("the leading dimension of input ", i, " varies with another size");
      // Of a recording of the program's own size nothing varies.
      if (!first_) varies = made_.varies(i);
      if (!varies) continue;
      if (any && (x.shape[0] != n_ || y.shape[0] != m_))
        return concat("the leading dimension of input ", i, " is not that of the others");
      any = true;
      n_ = x.shape[0], m_ = y.shape[0];
    }
    return any ? "" : "no leading dimension differs";
  }

  // All but nodes and shapes.
  std::string surroundings() const {
    if (a_.values.size() != b_.values.size() || a_.nodes.size() != b_.nodes.size() ||
        a_.outputs != b_.outputs || a_.inputs != b_.inputs)
      return concat("they run different ops: ", a_.nodes.size(), " and ", b_.nodes.size(), " of them");
    for (size_t id = 0; id < a_.values.size(); id++) {
      const Value &x = a_.values[id], &y = b_.values[id];
      if (x.dtype != y.dtype || x.origin != y.origin || x.index != y.index) return "they run different ops";
    }
    if (!same_lists(a_.variables, b_.variables, same_variable)) return "they use different variables";
    if (!same_lists(a_.host_sources, b_.host_sources, same_source) ||
        !same_lists(a_.host_numbers, b_.host_numbers, same_number))
      return "they use different optimizers";
    if (a_.draws != b_.draws) return "they draw different numbers of random calls";
    if (a_.constants.size() != b_.constants.size()) return "they use different constants";
    for (size_t i = 0; i < a_.constants.size(); i++) {
      const std::string why = difference(a_.constants[i], b_.constants[i], i);
      if (!why.empty()) return why;
    }
    return "";
  }

  std::string node(uint32_t number) {
    const Node &x = a_.nodes[number], &y = b_.nodes[number];
    if (x.exchanged && y.exchanged) return exchange(x, y);
    if (x.schema != y.schema || x.in != y.in || x.out != y.out || x.draw != y.draw ||
        (x.again != 0) != (y.again != 0))
      return concat("they run different ops: ", x.schema->name, " and ", y.schema->name, " as number ",
                    number);
    for (int i = 0; i < x.schema->num_attrs; i++) {
      const AttrSchema& attr = x.schema->attrs[i];
      if (!attribute(number, attr))
        return concat("attribute '", attr.name, "' of ", x.schema->name, " is ", shown_);
    }
    return "";
  }

  std::string exchange(const Node& x, const Node& y) const {
    const Exchange &a = *x.exchanged->exchange, &b = *y.exchanged->exchange;
    if (x.in != y.in || x.out != y.out || a.name() != b.name() || a.detail() != b.detail() ||
        a.party() != b.party())
      return concat("they exchange in different ways: ", a.name(), " and ", b.name());
    for (ValueId id : x.in)
      if (!a.keeps_kinds() && a_.values[id].shape != b_.values[id].shape)
        return concat("what ", a.name(), " gives depends on the sizes of other ranks, too");
    return "";
  }

  template <class T>
  static T read(const Node& node, size_t offset) {
    T out;
    std::memcpy(&out, reinterpret_cast<const std::byte*>(node.attrs.data()) + offset, sizeof out);
    return out;
  }

  bool attribute(uint32_t number, const AttrSchema& attr) {
    const Node &x = a_.nodes[number], &y = b_.nodes[number];
    const auto whole = [&](size_t offset) {
      return integer(number, offset, read<int64_t>(x, offset), read<int64_t>(y, offset));
    };
    switch (attr.kind) {
      case AttrKind::kInt: return whole(attr.offset);
      case AttrKind::kFloat:
        return real(number, attr.offset, read<double>(x, attr.offset), read<double>(y, attr.offset));
      case AttrKind::kInts: {
        const auto& list = *reinterpret_cast<const IntList*>(
            reinterpret_cast<const std::byte*>(x.attrs.data()) + attr.offset);
        const auto& other = *reinterpret_cast<const IntList*>(
            reinterpret_cast<const std::byte*>(y.attrs.data()) + attr.offset);
        if (list.size() != other.size())
          return shown_ = concat(text(list), " in one and ", text(other), " in the other"), false;
        for (int k = 0; k < list.size(); k++) {
          const auto at = reinterpret_cast<const std::byte*>(&list.data()[k]) -
                          reinterpret_cast<const std::byte*>(x.attrs.data());
          if (!whole(static_cast<size_t>(at))) return false;
        }
        return true;
      }
      // A draw takes its seed and call at each run.
      case AttrKind::kU64:
        if (x.draw >= 0 || read<uint64_t>(x, attr.offset) == read<uint64_t>(y, attr.offset)) return true;
        break;
      case AttrKind::kBool:
        if (read<bool>(x, attr.offset) == read<bool>(y, attr.offset)) return true;
        break;
      case AttrKind::kDType:
        if (read<DType>(x, attr.offset) == read<DType>(y, attr.offset)) return true;
        break;
    }
    shown_ = "another";
    return false;
  }

  void follow(uint32_t number, size_t offset, bool is_float, std::vector<SizeFunction> functions) {
    made_.following_.push_back({number, static_cast<uint32_t>(offset), is_float, std::move(functions)});
  }

  // What the program says of the attribute, which is asked for in order; null where it does not follow the size.
  Following* followed(uint32_t number, size_t offset) {
    if (next_ == made_.following_.size()) return nullptr;
    Following& f = made_.following_[next_];
    if (f.node != number || f.offset != offset) return nullptr;
    next_++;
    return &f;
  }

  template <class T>
  bool unknown(T v, T w) {
    shown_ = concat(v, " for ", n_, " rows and ", w, " for ", m_, ", which is no known function of the size");
    return false;
  }

  // Each form has one number k, so that two sizes tell k and confirm the form.
  bool integer(uint32_t number, size_t offset, int64_t v, int64_t w) {
    if (!first_) {
      const Following* f = followed(number, offset);
      int64_t said = v;
      return (f ? whole_at(f->functions[0], m_, &said) && said == w : v == w) || unknown(v, w);
    }
    if (v == w) return true;
    const int64_t k = n_ != 0 ? v / n_ : w / m_;
    int64_t first, second;
    if (whole_at({Form::kTimes, k}, n_, &first) && whole_at({Form::kTimes, k}, m_, &second) && first == v &&
        second == w)
      return follow(number, offset, false, {{Form::kTimes, k}}), true;
    if (!__builtin_sub_overflow(v, n_, &first) && !__builtin_sub_overflow(w, m_, &second) && first == second)
      return follow(number, offset, false, {{Form::kPlus, first}}), true;
    return unknown(v, w);
  }

  bool real(uint32_t number, size_t offset, double v, double w) {
    const auto fails = [&](const SizeFunction& f, int64_t size, double value) {
      return !same_float(real_at(f, size), value);
    };
    if (!first_) {
      Following* f = followed(number, offset);
      if (!f) return same_float(v, w) || unknown(v, w);
      auto& all = f->functions;
      all.erase(
          std::remove_if(all.begin(), all.end(), [&](const SizeFunction& g) { return fails(g, m_, w); }),
          all.end());
      return !all.empty() || unknown(v, w);
    }
    if (same_float(v, w)) return true;
    const double m = static_cast<double>(m_);
    std::vector<SizeFunction> found;
    const auto try_form = [&](Form form, double k) {
      // With a number beyond this the quotient is no whole number any more.
      constexpr double kMost = 1e15;
      k = std::nearbyint(k);
      if (!(std::fabs(k) < kMost) || k == 0) return;
      const SizeFunction f{form, static_cast<int64_t>(k)};
      if (!fails(f, n_, v) && !fails(f, m_, w)) found.push_back(f);
    };
    try_form(Form::kTimes, w / m);
    for (Form form :
         {Form::kQuotient, Form::kQuotientByInverse, Form::kQuotientF32, Form::kQuotientByInverseF32})
      try_form(form, w * m);
    for (Form form : {Form::kReciprocal, Form::kReciprocalOfK, Form::kReciprocalOfN, Form::kReciprocals,
                      Form::kReciprocalF32})
      try_form(form, 1 / (w * m));
    if (found.empty()) return unknown(v, w);
    return follow(number, offset, true, std::move(found)), true;
  }

  // Those that differ name what is of one size: an op with others says what it finds in its own.
  void words() {
    for (size_t i = 0; i < b_.nodes.size(); i++) {
      std::shared_ptr<const Words>& mine = made_.program_.nodes[i].words;
      const std::shared_ptr<const Words>& other = b_.nodes[i].words;
      if (mine && (!other || !(*mine == *other))) mine = nullptr;
    }
  }

  // What has been found must give the second recording, with every shape in it.
  std::string shapes() {
    if (first_) made_.program_ = a_;
    Program again;
    try {
      again = made_.at(m_);
    } catch (const Error& e) {
      if (e.code() == Code::kOutOfMemory) throw;
      return concat("the ops of one do not take the size of the other: ", e.message());
    }
    for (size_t id = 0; id < b_.values.size(); id++)
      if (again.values[id].shape != b_.values[id].shape)
        return concat("a value would be of shape ", again.values[id].shape, " and is of ",
                      b_.values[id].shape);
    return "";
  }

  SizedProgram& made_;
  const Program &a_, &b_;
  const bool first_;
  size_t next_ = 0;        // of what follows the size
  int64_t n_ = 0, m_ = 0;  // the sizes
  std::string shown_;
};

std::unique_ptr<SizedProgram> SizedProgram::of(Context& context, const Program& first, const Program& second,
                                               std::string& why) {
  auto made = std::make_unique<SizedProgram>();
  const Program a = in_order_of_use(first, context), b = in_order_of_use(second, context);
  Comparison comparison(*made, a, b, true);
  why = comparison.run();
  if (!why.empty()) return nullptr;
  made->sizes_ = {comparison.size(), comparison.other_size()};
  return made;
}

std::string SizedProgram::confirm(Context& context, const Program& recording) {
  const Program b = in_order_of_use(recording, context);
  Comparison comparison(*this, program_, b, false);
  std::string why = comparison.run();
  const int64_t size = comparison.other_size();
  if (why.empty() && std::count(sizes_.begin(), sizes_.end(), size) == 0) sizes_.push_back(size);
  return why;
}

std::string SizedProgram::doubt(int64_t size) const {
  constexpr size_t kFewest = 3;
  if (std::count(sizes_.begin(), sizes_.end(), size) > 0) return "";
  if (sizes_.size() < kFewest) return concat("the first ", kFewest, " sizes are recorded");
  // What grows or falls with the size and is the same at both ends is so between them; beyond them, where no quotient n / g was.
  const auto [least, most] = std::minmax_element(sizes_.begin(), sizes_.end());
  if ((size < *least || size > *most) && *most / 2 < *least)
    return concat("the recorded sizes are from ", *least, " to ", *most,
                  ", and tell of others when one is twice another");
  // A remainder n % g that is the same at all sizes is so at those that differ from them by multiples of g.
  int64_t step = 0;
  for (int64_t other : sizes_) step = std::gcd(step, other - sizes_[0]);
  if ((size - sizes_[0]) % step != 0)
    return concat("the recorded sizes differ by multiples of ", step, ", and tell of no other one");
  for (const Following& f : following_)
    for (const SizeFunction& g : f.functions)
      if (f.is_float && !same_float(real_at(g, size), real_at(f.functions[0], size)))
        return "a quotient with the size has been rounded in one of several ways";
  return "";
}

double SizedProgram::real_at(const SizeFunction& f, int64_t size) {
  const double n = static_cast<double>(size), k = static_cast<double>(f.k);
  const float n32 = static_cast<float>(size), k32 = static_cast<float>(f.k);
  switch (f.form) {
    case Form::kTimes: return k * n;
    case Form::kPlus: return n + k;
    case Form::kQuotient: return k / n;
    case Form::kQuotientByInverse: return k * (1 / n);
    case Form::kQuotientF32: return static_cast<double>(k32 / n32);
    case Form::kQuotientByInverseF32: return static_cast<double>(k32 * (1 / n32));
    case Form::kReciprocal: return 1 / (k * n);
    case Form::kReciprocalOfK: return 1 / k / n;
    case Form::kReciprocalOfN: return 1 / n / k;
    case Form::kReciprocals: return (1 / k) * (1 / n);
    case Form::kReciprocalF32: return static_cast<double>(1 / (k32 * n32));
  }
  return 0;
}

std::string SizedProgram::stale() const { return stale_reason(program_); }

Program SizedProgram::at(int64_t size) const {
  Program out = program_;
  for (size_t i = 0; i < out.inputs.size(); i++)
    if (varies_[i]) out.values[out.inputs[i]].shape[0] = size;
  for (const Following& f : following_) {
    std::byte* at = reinterpret_cast<std::byte*>(out.nodes[f.node].attrs.data()) + f.offset;
    const double value = real_at(f.functions[0], size);
    int64_t whole = 0;
    if (!f.is_float && !whole_at(f.functions[0], size, &whole)) invalid("a size of ", size, " is too large");
    if (f.is_float)
      std::memcpy(at, &value, sizeof value);
    else
      std::memcpy(at, &whole, sizeof whole);
  }
  for (const Node& node : out.nodes) {
    std::vector<OutputSpec> specs(std::max<size_t>(3, node.out.size()));
    infer(out, node, specs.data());
    for (size_t k = 0; k < node.out.size(); k++) {
      Value& v = out.values[node.out[k]];
      if (specs[k].dtype != v.dtype)
        fail(Code::kInternal, "a size of ", size, " gives a value another dtype");
      v.shape = specs[k].shape;
    }
  }
  for (const VariableUse& use : out.variables)
    if (use.final != kNoValue && !use.life.expired() && out.values[use.final].shape != use.variable->shape())
      invalid("variable '", use.name, "' would become a value of shape ", out.values[use.final].shape,
              "; with another size of the batch it cannot");
  return out;
}

}  // namespace tl::compile
