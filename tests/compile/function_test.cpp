// Functions: a replay does what the eager step does, to the bit, and fails as it does.
#include "core/nn/layers.h"
#include "tests/compile/compile_fixture.h"

namespace tl::compile_test {

TEST_CASE("a compiled training step has the bits of the eager one", "[compile]") {
  for (int threads : {1, 2, 4}) {
    Context eager_context(options_of()), context(options_of(threads));
    Classifier eager(eager_context), compiled(context);
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict());
    for (int i = 0; i < 6; i++) {
      const uint64_t seed = 100 + static_cast<uint64_t>(i);
      auto y = [](Context& c) { return labels(c, {0, 1, 2, 1}); };
      Values want = eager.step({data(eager_context, {4, 6}, seed), y(eager_context)});
      Values in{data(context, {4, 6}, seed), y(context)}, got(2);
      f.call(in, got);
      CHECK(same_bits(want[0], got[0]));
      CHECK(same_bits(want[1], got[1]));
      std::vector<VariableRef> a = eager.state(), b = compiled.state();
      REQUIRE(a.size() == b.size());
      for (size_t k = 0; k < a.size(); k++) {
        INFO("step " << i << ", " << a[k]->name());
        CHECK(same_bits(a[k]->value(), b[k]->value()));
      }
      CHECK(eager_context.random().next_call == context.random().next_call);
    }
    CHECK(f.stats().traces == 1);
    CHECK(f.stats().replays == 5);
    CHECK(f.stats().host_constants == 0);
  }
}

TEST_CASE("outputs as numbers are those of the tensors, with the same state", "[compile]") {
  for (int threads : {1, 2, 4}) {
    Context eager_context(options_of()), context(options_of(threads));
    Classifier eager(eager_context), compiled(context);
    // The mean of the logits, and of the weights before the step and after it; the hits, which are the variable's new value.
    auto body = [](Classifier& m, Span<const Tensor> in) {
      const Tensor before = m.w->read();
      Values out = m.step(in);
      return Values{out[0], mean(out[1]), slice(reshape(before, {48}), {3}, {4}), mean(m.w->read()),
                    m.hits->read()};
    };
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return body(compiled, in); }, strict());
    for (int i = 0; i < 6; i++) {
      const uint64_t seed = 100 + static_cast<uint64_t>(i);
      auto y = [](Context& c) { return labels(c, {0, 1, 2, 1}); };
      const Values want = body(eager, Values{data(eager_context, {4, 6}, seed), y(eager_context)});
      const Values in{data(context, {4, 6}, seed), y(context)};
      double items[5] = {};
      f.call_items(in, items);
      for (size_t k = 0; k < want.size(); k++) {
        INFO("step " << i << ", output " << k);
        CHECK(items[k] == item_as_double(want[k]));
      }
      std::vector<VariableRef> a = eager.state(), b = compiled.state();
      for (size_t k = 0; k < a.size(); k++) CHECK(same_bits(a[k]->value(), b[k]->value()));
      CHECK(eager_context.random().next_call == context.random().next_call);
    }
    CHECK(f.stats().replays == 5);
  }
}

TEST_CASE("each pass can be left out", "[compile]") {
  std::vector<std::string> names{""};
  for (const compile::Pass& pass : compile::passes()) names.push_back(pass.name);
  for (const std::string& name : names) {
    INFO("without '" << name << "'");
    Context eager_context(options_of()), context(options_of());
    Classifier eager(eager_context), compiled(context);
    FunctionOptions o = strict();
    o.plan.without_passes = {name};
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, o);
    for (uint64_t i = 0; i < 3; i++) {
      Values want = eager.step({data(eager_context, {4, 6}, i), labels(eager_context, {0, 1, 2, 1})});
      Values in{data(context, {4, 6}, i), labels(context, {0, 1, 2, 1})}, got(2);
      f.call(in, got);
      CHECK(same_bits(want[0], got[0]));
      CHECK(same_bits(eager.w->value(), compiled.w->value()));
    }
  }
}

TEST_CASE("a schedule of the learning rate does not record anew", "[compile]") {
  Context eager_context(options_of()), context(options_of());
  Classifier eager(eager_context), compiled(context);
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict());
  for (uint64_t i = 0; i < 5; i++) {
    const double rate = 0.1 / static_cast<double>(i + 1);
    eager.adam->set_learning_rate(rate);
    compiled.adam->set_learning_rate(rate);
    eager.step({data(eager_context, {4, 6}, i), labels(eager_context, {0, 1, 2, 1})});
    Values in{data(context, {4, 6}, i), labels(context, {0, 1, 2, 1})}, got(2);
    f.call(in, got);
    CHECK(same_bits(eager.w->value(), compiled.w->value()));
    CHECK(compiled.adam->iterations() == static_cast<int64_t>(i + 1));
  }
  CHECK(f.stats().traces == 1);
}

TEST_CASE("wrong data in a replay are an error that changes nothing", "[compile]") {
  Context context(options_of());
  Classifier compiled(context);
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict());
  Values in{data(context, {4, 6}, 1), labels(context, {0, 1, 2, 1})}, got(2);
  for (int i = 0; i < 3; i++) f.call(in, got);
  std::vector<VariableRef> state = compiled.state();
  Values before;
  for (const VariableRef& v : state) {
    Tensor copy = context.allocate(v->dtype(), v->shape());
    std::memcpy(copy.mutable_raw(), v->value().raw(), copy.bytes());
    before.push_back(copy);
  }
  const uint64_t calls = context.random().next_call;
  Values wrong{in[0], labels(context, {0, 1, 7, 1})}, kept = got;
  CHECK(has(message_of([&] { f.call(wrong, got); }, Code::kInvalidArgument),
            "a label must be in [0, 3): got 7 at position 2"));
  for (size_t i = 0; i < state.size(); i++) CHECK(same_bits(state[i]->value(), before[i]));
  CHECK(context.random().next_call == calls);
  CHECK(got[0].id() == kept[0].id());
  f.call(in, got);
  CHECK(compiled.adam->iterations() == 4);
}

TEST_CASE("outputs and values that are held are never overwritten", "[compile]") {
  Context eager_context(options_of()), context(options_of());
  Classifier eager(eager_context), compiled(context);
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict());
  std::vector<Values> kept;
  Values weights;
  for (uint64_t i = 0; i < 5; i++) {
    Values in{data(context, {4, 6}, i), labels(context, {0, 1, 2, 1})}, got(2);
    f.call(in, got);
    kept.push_back(got);
    weights.push_back(compiled.w->read());  // held: the next step writes elsewhere
    Values want = eager.step({data(eager_context, {4, 6}, i), labels(eager_context, {0, 1, 2, 1})});
    CHECK(same_bits(want[1], kept.back()[1]));
    CHECK(same_bits(eager.w->value(), weights.back()));
  }
  Context again_context(options_of());
  Classifier again(again_context);
  for (uint64_t i = 0; i < 5; i++) {
    Values want = again.step({data(again_context, {4, 6}, i), labels(again_context, {0, 1, 2, 1})});
    CHECK(same_bits(want[1], kept[i][1]));
    CHECK(same_bits(again.w->value(), weights[i]));
  }
}

TEST_CASE("each new shape is recorded once, with its reason", "[compile]") {
  Context context(options_of());
  Classifier compiled(context);
  FunctionOptions o = strict();
  o.most_plans = 2;
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, o);
  auto call = [&](int64_t rows) {
    Tensor y = full(context, {rows}, 1, DType::kI32);
    Values in{data(context, {rows, 6}, 1), y}, got(2);
    f.call(in, got);
  };
  for (int i = 0; i < 3; i++) call(4), call(5);
  CHECK(f.stats().traces == 2);
  CHECK(f.stats().replays == 4);
  REQUIRE(f.retraces().size() == 1);
  CHECK(f.retraces()[0] == "shape of input 0: (4, 6) became (5, 6)");
  call(6);  // the third goes where the first was
  call(5);
  CHECK(f.stats().traces == 3);
  call(4);
  CHECK(f.stats().traces == 4);
  CHECK(f.stats().signatures == 2);
  f.set_flags(7);
  call(4);
  CHECK(f.retraces().back() == "flags: 0 became 7");

  o.retrace_is_error = true;
  Function strict_one(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, o);
  Values in{data(context, {4, 6}, 1), labels(context, {0, 1, 2, 1})}, got(2);
  strict_one.call(in, got);
  const int64_t steps = compiled.adam->iterations();
  in = {data(context, {2, 6}, 1), labels(context, {0, 1})};
  CHECK(
      has(message_of([&] { strict_one.call(in, got); }, Code::kFailedPrecondition), "(4, 6) became (2, 6)"));
  CHECK(compiled.adam->iterations() == steps);
}

TEST_CASE("a step that looks at a value on the host cannot be replayed", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {}, 2, DType::kF32), "w");
  int runs = 0;
  auto step = [&](Span<const Tensor> in, size_t) {
    runs++;
    Tensor y = mul(in[0], w->read());
    context.note_host_read(y, "tensor_item");
    w->assign(y);
    return Values{y};
  };
  Values in{full(context, {}, 3, DType::kF32)}, got(1);
  Function f(context, step, strict());
  const std::string first = message_of([&] { f.call(in, got); }, Code::kFailedPrecondition);
  CHECK(has(first, "tensor_item looks at a result of mul"));
  CHECK(has(first, "this run has taken effect"));
  CHECK(w->value().data<float>()[0] == 6);
  CHECK(has(message_of([&] { f.call(in, got); }, Code::kFailedPrecondition),
            "tensor_item looks at a result of mul"));
  CHECK(runs == 1);
  CHECK(w->value().data<float>()[0] == 6);

  FunctionOptions o = strict();
  o.host_reads = compile::HostReads::kEager;
  Function eager(context, step, o);
  for (int i = 0; i < 3; i++) eager.call(in, got);
  CHECK(runs == 4);
  CHECK(w->value().data<float>()[0] == 162);
  CHECK(eager.stats().eager_calls == 2);
}

TEST_CASE("a variable or optimizer that is gone ends its plans", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {}, 2, DType::kF32), "w");
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return Values{mul(in[0], w->read())}; }, strict());
  Values in{full(context, {}, 3, DType::kF32)}, got(1);
  for (int i = 0; i < 3; i++) f.call(in, got);
  w = VariableRef::make(full(context, {}, 5, DType::kF32), "w");
  f.call(in, got);
  CHECK(got[0].data<float>()[0] == 15);
  CHECK(f.retraces() == std::vector<std::string>{"variable 'w' has been released"});
  f.call(in, got);
  CHECK(got[0].data<float>()[0] == 15);

  auto adam = std::make_unique<Classifier>(context);
  Function g(
      context, [&](Span<const Tensor> x, size_t) { return adam->step(x); }, strict());
  Values x{data(context, {4, 6}, 1), labels(context, {0, 1, 2, 1})}, out(2);
  for (int i = 0; i < 3; i++) g.call(x, out);
  adam->adam = optim::make_sgd(context, {});
  g.call(x, out);
  CHECK(has(g.retraces().back(), "has been released"));
}

TEST_CASE("a recording whose variable has gone before there was a plan is no plan's", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {2}, 2, DType::kF32), "w");
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        Tensor now = mul(in[0], w->read());
        w->assign(now);
        return Values{now};
      },
      strict());
  Values in{full(context, {}, 3, DType::kF32)}, got(1);
  f.call(in, got);
  w = VariableRef::make(full(context, {3}, 5, DType::kF32), "w");
  for (float want : {15.0F, 45.0F, 135.0F}) {
    f.call(in, got);
    CHECK(got[0].data<float>()[2] == want);
  }
  CHECK(f.retraces() == std::vector<std::string>{"variable 'w' has been released"});
  CHECK(f.stats().traces == 2);
  CHECK(f.stats().replays == 2);
}

TEST_CASE("a tensor read before the step stays what it was", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {}, 2, DType::kF32), "w");
  Tensor old = w->read();
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        Tensor now = add(w->read(), in[0]);
        w->assign(now);
        return Values{sub(now, old), in[0]};
      },
      strict());
  Tensor one = full(context, {}, 1, DType::kF32);
  Values in{one}, got(2);
  for (int i = 1; i <= 4; i++) {
    f.call(in, got);
    CHECK(got[0].data<float>()[0] == static_cast<float>(i));
    CHECK(got[1].raw() == one.raw());
    CHECK(got[1].id() != one.id());
  }
  CHECK(f.stats().constants == 1);
}

TEST_CASE("a variable as input and captured, and one tensor twice", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {3}, 2, DType::kF32), "w");
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        w->assign(add(w->read(), mul(in[0], in[1])));
        return Values{sub(w->read(), in[1]), w->read()};
      },
      strict());
  double want = 2;
  for (int i = 0; i < 5; i++) {
    Values in{w->read(), w->read()}, got(2);
    f.call(in, got);
    const double before = want;
    want = want + want * want;
    CHECK(in[0].data<float>()[0] == static_cast<float>(before));
    CHECK(got[0].data<float>()[1] == static_cast<float>(want - before));
    CHECK(got[1].data<float>()[2] == static_cast<float>(want));
    CHECK(w->value().data<float>()[2] == static_cast<float>(want));
    if (i > 0)
      CHECK(got[1].id() != w->value().id());  // the first call is the step itself, which returns what it read
  }
}

TEST_CASE("variables that are made in a step and go with it are no state", "[compile]") {
  Context context(options_of());
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        VariableRef local = VariableRef::make(mul(in[0], in[0]), "local");
        local->assign(add(local->read(), in[0]));
        return Values{local->read()};
      },
      strict());
  for (int i = 1; i <= 4; i++) {
    Values in{full(context, {}, i, DType::kF32)}, got(1);
    f.call(in, got);
    CHECK(got[0].data<float>()[0] == static_cast<float>(i * i + i));
  }
  CHECK(f.stats().traces == 1);
}

TEST_CASE("a function inside a tape, a check or another function runs eagerly there", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {}, 2, DType::kF32), "w");
  Function inner(
      context, [&](Span<const Tensor> in, size_t) { return Values{square(mul(in[0], w->read()))}; },
      strict());
  Values in{full(context, {}, 3, DType::kF32)}, got(1);
  for (int i = 0; i < 3; i++) inner.call(in, got);
  {
    Tape tape(context, {});
    inner.call(in, got);
    GradientSource source[] = {{Tensor(), w.get()}};
    CHECK(tape.gradient({got[0]}, source)[0].data<float>()[0] == 36);
  }
  CHECK(inner.stats().eager_calls == 1);
  Function outer(
      context,
      [&](Span<const Tensor> x, size_t) {
        Values mid(1);
        inner.call(x, mid);
        return Values{add(mid[0], x[0])};
      },
      strict());
  for (int i = 0; i < 3; i++) outer.call(in, got);
  CHECK(got[0].data<float>()[0] == 39);
  CHECK(outer.stats().replays == 2);
}

TEST_CASE("vmap inside a function is recorded, and a function inside vmap runs eagerly", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(data(context, {3}, 5), "w");
  auto scaled = [&](Span<const Tensor> x) { return Values{mul(sum(square(x[0])), w->read())}; };
  auto batched = [&](Span<const Tensor> in) {
    const int64_t axes[] = {0};
    return vmap(context, "scaled", scaled, in, axes);
  };
  Function outer(
      context, [&](Span<const Tensor> in, size_t) { return batched(in); }, strict());
  Function inner(
      context, [&](Span<const Tensor> in, size_t) { return scaled(in); }, strict());
  for (uint64_t i = 0; i < 3; i++) {
    Values in{data(context, {4, 2}, i)}, got(1), want = batched(in);
    outer.call(in, got);
    CHECK(same_bits(want[0], got[0]));
    const int64_t axes[] = {0};
    Values through = vmap(
        context, "call",
        [&](Span<const Tensor> x) {
          Values out(1);
          inner.call(x, out);
          return out;
        },
        in, axes);
    CHECK(same_bits(want[0], through[0]));
  }
  CHECK(outer.stats().replays == 2);
  CHECK(inner.stats().eager_calls == 3);
}

TEST_CASE("truncated normals that a step draws are refused, with the layer", "[compile]") {
  Context context(options_of());
  nn::DenseOptions o;
  o.kernel_initializer = {nn::InitializerKind::kHeNormal, 0};
  o.name = "late";
  const nn::LayerPtr late = nn::make_dense(context, 3, o);
  Values in{data(context, {4, 6}, 1)}, got(1);
  Function layer(
      context, [&](Span<const Tensor> x, size_t) { return Values{late->call(x[0], true)}; }, strict());
  const std::string said = message_of([&] { layer.call(in, got); }, Code::kFailedPrecondition);
  CHECK(has(said, "got one where Dense layer 'late': it draws a truncated normal"));
  CHECK(has(said, "or build the layer that does (layer_build), before the step"));
  layer.forget();  // the layer is built now
  for (int i = 0; i < 3; i++) layer.call(in, got);
  CHECK(layer.stats().replays == 2);

  Function tensor(
      context,
      [&](Span<const Tensor> x, size_t) {
        const nn::Initializer normal{nn::InitializerKind::kLeCunNormal, 0};
        return Values{add(x[0], nn::initialize(context, normal, {4, 6}, DType::kF32))};
      },
      strict());
  CHECK(has(message_of([&] { tensor.call(in, got); }, Code::kFailedPrecondition),
            "got one where it draws a truncated normal"));
}

TEST_CASE("an error of a replay begins with the name of the function", "[compile]") {
  Context context(options_of());
  FunctionOptions o = strict();
  o.name = "train";
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return Values{gather(in[0], in[1], 0)}; }, o);
  Values good{data(context, {3, 2}, 1), labels(context, {0, 2})}, got(1);
  Values bad{good[0], labels(context, {0, 3})};
  for (int i = 0; i < 2; i++) f.call(good, got);
  const std::string eager = message_of([&] { gather(bad[0], bad[1], 0); }, Code::kInvalidArgument);
  REQUIRE(has(eager, "[gather] "));
  CHECK(message_of([&] { f.call(bad, got); }, Code::kInvalidArgument) ==
        "[train] gather: " + eager.substr(9));
  CHECK(f.stats().replays == 1);
}

TEST_CASE("a step that fails while it is recorded leaves no recording", "[compile]") {
  Context context(options_of());
  VariableRef w = VariableRef::make(full(context, {2}, 2, DType::kF32), "w");
  bool broken = true;
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        Tensor y = mul(in[0], w->read());
        if (broken) fail(Code::kIo, "[reader] the file must be there: got none; mount it");
        return Values{y};
      },
      strict());
  Values in{full(context, {2}, 3, DType::kF32)}, got(1);
  CHECK(has(message_of([&] { f.call(in, got); }, Code::kIo), "mount it"));
  CHECK(!context.observed());
  CHECK(f.stats().signatures == 0);
  broken = false;
  for (int i = 0; i < 3; i++) f.call(in, got);
  CHECK(got[0].data<float>()[1] == 6);
  CHECK(f.stats().traces == 1);
}

TEST_CASE("no memory for a plan or a run changes nothing", "[compile]") {
  Context context(options_of());
  Classifier compiled(context, 0);
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict());
  Values in{data(context, {64, 6}, 1), full(context, {64}, 1, DType::kI32)}, got(2);
  f.call(in, got);
  got.assign(2, Tensor());
  context.allocator().trim();
  const size_t live = context.allocator().stats().live_bytes;
  context.allocator().set_limit(live + 64);
  CHECK(has(message_of([&] { f.call(in, got); }, Code::kOutOfMemory), "limit"));
  CHECK(compiled.adam->iterations() == 1);
  context.allocator().set_limit(0);
  f.call(in, got);
  CHECK(compiled.adam->iterations() == 2);
  Values held = got;
  context.allocator().trim();
  context.allocator().set_limit(context.allocator().stats().live_bytes);
  CHECK(has(message_of([&] { f.call(in, got); }, Code::kOutOfMemory), "limit"));
  CHECK(compiled.adam->iterations() == 2);
  context.allocator().set_limit(0);
  f.call(in, got);
  CHECK(compiled.adam->iterations() == 3);
}

TEST_CASE("inputs that are no tensors of the context are refused", "[compile]") {
  Context context(options_of()), other(options_of());
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return Values{neg(in[0])}; }, strict());
  Values got(1), none{Tensor()}, foreign{full(other, {}, 3, DType::kF32)};
  CHECK(has(message_of([&] { f.call(none, got); }, Code::kInvalidArgument), "'inputs[0]' must be a tensor"));
  CHECK(has(message_of([&] { f.call(foreign, got); }, Code::kInvalidArgument), "of the function's context"));
  Values in{full(context, {}, 3, DType::kF32)}, two(2);
  CHECK(has(message_of([&] { f.call(in, two); }, Code::kInvalidArgument), "must return 2 outputs: got 1"));
}

}  // namespace tl::compile_test
