#include "core/tensor/state.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/tensor/context.h"
#include "core/tensor/variable_state.h"
#include "tests/tensor/error_of.h"

namespace tl {
namespace {

Tensor number(Context& c, float value) {
  Tensor t = c.allocate(DType::kF32, Shape{});
  t.mutable_data<float>()[0] = value;
  return t;
}

TEST_CASE("a state gives back what was set, by path and kind, in the order of paths") {
  Context c({});
  State state;
  CHECK(state.empty());
  state.set("b/step", std::int64_t{7});
  state.set("b/best", 0.5);
  state.set("a", std::string("text"));
  state.set("c", number(c, 3));
  CHECK(state.size() == 4);
  CHECK(state.get<std::int64_t>("b/step") == 7);
  CHECK(state.get<double>("b/best") == 0.5);
  CHECK(state.get<std::string>("a") == "text");
  CHECK(state.get<Tensor>("c").data<float>()[0] == 3);
  CHECK(state.find("b") == nullptr);
  std::string order;
  for (const auto& [path, value] : state) order += path + " " + kind_text(value) + "\n";
  CHECK(order == "a text\nb/best a number\nb/step an integer\nc f32 ()\n");
}

TEST_CASE("a state refuses values without a path, a second one of a path, and tensors without data") {
  Context c({});
  State state;
  state.set("x", 1.0);
  CHECK(error_of([&] { state.set("", 1.0); }).find("needs a path") != std::string::npos);
  CHECK(error_of([&] { state.set("x", 2.0); }).find("'x' twice") != std::string::npos);
  CHECK(error_of([&] { state.set("y", Tensor()); }).find("got null") != std::string::npos);
  CHECK(error_of([&] { state.set("y", number(c, 1).shell()); }).find("inside vmap") != std::string::npos);
  CHECK(
      error_of([&] { state.get<Tensor>("x"); }) ==
      "[state] 'x' must be a tensor: got a number; was it saved by an object that was made in the same way?");
  CHECK(error_of([&] { state.get<double>("z"); }).find("'z' must be a number: got nothing") !=
        std::string::npos);
  CHECK(state.size() == 1);
  CHECK(state.get<double>("x") == 1.0);
}

TEST_CASE(
    "a state of variables is a snapshot: later changes do not reach it, and restoring takes them back") {
  Context c({});
  std::vector<VariableRef> variables{VariableRef::make(number(c, 1), "w"),
                                     VariableRef::make(number(c, 2), "b")};
  State state;
  save_variables(state, "model", variables);
  CHECK(state.get<Tensor>("model/w").raw() == variables[0]->value().raw());  // shared, not copied
  variables[0]->assign(number(c, 10));
  variables[1]->assign(number(c, 20));
  CHECK(state.get<Tensor>("model/w").data<float>()[0] == 1);
  prepare_variables(state, "model", variables)->take();
  CHECK(variables[0]->value().data<float>()[0] == 1);
  CHECK(variables[1]->value().data<float>()[0] == 2);
  CHECK(variables[0]->value().id() != state.get<Tensor>("model/w").id());
  CHECK_FALSE(variables[0]->value().owns_memory_alone());
  state = State();
  CHECK(variables[0]->value().owns_memory_alone());
}

TEST_CASE("restoring variables is all or nothing") {
  Context c({}), other({});
  std::vector<VariableRef> variables{VariableRef::make(number(c, 1), "w"),
                                     VariableRef::make(number(c, 2), "b")};
  State state;
  state.set("w", number(c, 5));
  CHECK(error_of([&] {
          prepare_variables(state, "", variables);
        }).find("'b' must be a tensor: got nothing") != std::string::npos);
  state.set("b", c.allocate(DType::kF32, {2}));
  CHECK(error_of([&] { prepare_variables(state, "", variables); }).find("got f32 (2,) for 'b' of f32 ()") !=
        std::string::npos);
  State foreign;
  foreign.set("w", number(c, 5));
  foreign.set("b", number(other, 5));
  CHECK(error_of([&] { prepare_variables(foreign, "", variables); }).find("another context") !=
        std::string::npos);
  CHECK(variables[0]->value().data<float>()[0] == 1);
  CHECK(variables[1]->value().data<float>()[0] == 2);
}

}  // namespace
}  // namespace tl
