// What each stage of a pipeline gives, against orders that are written down here or follow from what they must be.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>

#include "core/data/sample.h"
#include "tests/data/pipelines.h"

using namespace pipelines;
using tl::Code;
using tl::Context;
using tl::DType;
using Numbers = std::vector<int64_t>;

namespace {

Numbers upto(int64_t n) {
  Numbers all(static_cast<size_t>(n));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

// 0, 1, 2, ... that can only be had in order.
DatasetPtr in_order(int64_t n) {
  return listed([n](uint64_t) { return upto(n); });
}

template <class F>
Code code_of(F&& f) {
  try {
    f();
  } catch (const tl::Error& e) {
    return e.code();
  }
  return Code::kOk;
}

}  // namespace

TEST_CASE("ranges go up and down, and know their size", "[dataset]") {
  Context c{OneThread()};
  CHECK(numbers(c, range(2, 9, 3)) == Numbers{2, 5, 8});
  CHECK(numbers(c, range(3, 0, -2)) == Numbers{3, 1});
  CHECK(range(0, 0, 1)->size() == 0);
  CHECK(range(5, 2, 1)->size() == 0);
  CHECK(range(INT64_MIN, INT64_MAX, INT64_MAX)->size() == 3);
  CHECK(code_of([] { range(0, 1, 0); }) == Code::kInvalidArgument);
  CHECK(code_of([] { range(INT64_MIN, INT64_MAX, 1); }) == Code::kInvalidArgument);
}

TEST_CASE("take, skip, concatenate and zip, by index and in order", "[dataset]") {
  Context c{OneThread()};
  for (bool indexed : {true, false}) {
    DatasetPtr ten = indexed ? range(0, 10, 1) : in_order(10);
    CHECK(numbers(c, take(ten, 3)) == Numbers{0, 1, 2});
    CHECK(numbers(c, take(ten, 11)) == upto(10));
    CHECK(numbers(c, take(ten, 0)).empty());
    CHECK(numbers(c, skip(ten, 8)) == Numbers{8, 9});
    CHECK(numbers(c, skip(ten, 11)).empty());
    CHECK(numbers(c, take(skip(ten, 3), 2)) == Numbers{3, 4});
    CHECK(numbers(c, concatenate({take(ten, 2), take(ten, 0), skip(ten, 9)})) == Numbers{0, 1, 9});
    CHECK(numbers(c, zip({take(ten, 2), skip(ten, 7)})) == Numbers{0, 7, 1, 8});
    DatasetIterator both(c, zip({take(ten, 2), ten}));
    CHECK(numbers(both) == Numbers{0, 0, 1, 1});
    CHECK(numbers(both) == Numbers{0, 0, 1, 1});  // the longer one begins anew with the epoch
  }
  CHECK(concatenate({range(0, 3, 1), range(0, 4, 1)})->size() == 7);
  CHECK(concatenate({range(0, 3, 1), in_order(4)})->size() == kUnknownSize);
  CHECK(zip({range(0, 3, 1), repeat(range(0, 4, 1), -1)})->size() == 3);
  CHECK(code_of([] { concatenate({}); }) == Code::kInvalidArgument);
  CHECK(code_of([] {
          concatenate({range(0, 1, 1), zip({range(0, 1, 1), range(0, 1, 1)})});
        }) == Code::kInvalidArgument);
}

TEST_CASE("repeat gives the epochs of its source, and refuses to repeat nothing without an end",
          "[dataset]") {
  Context c{OneThread()};
  DatasetPtr tens = listed([](uint64_t e) {
    return Numbers{static_cast<int64_t>(10 * e), static_cast<int64_t>(10 * e + 1)};
  });
  DatasetIterator twice(c, repeat(tens, 2));
  CHECK(numbers(twice) == Numbers{0, 1, 10, 11});
  CHECK(numbers(twice) == Numbers{20, 21, 30, 31});
  CHECK(numbers(c, take(repeat(tens, -1), 5)) == Numbers{0, 1, 10, 11, 20});
  CHECK(numbers(c, repeat(tens, 0)).empty());
  CHECK(repeat(range(0, 5, 1), 3)->size() == 15);
  CHECK(repeat(range(0, 5, 1), -1)->size() == kInfiniteSize);
  CHECK(repeat(tens, 3)->size() == kUnknownSize);

  // A later epoch of an endless one has other epochs of its source.
  DatasetPtr some = take(repeat(shuffle(range(0, 50, 1), 3), -1), 50);
  DatasetIterator it(c, some);
  const Numbers first = numbers(it), second = numbers(it);
  CHECK(first == numbers(c, shuffle(range(0, 50, 1), 3)));
  CHECK(first != second);
  CHECK(Numbers(second).size() == 50);

  CHECK(code_of([] { repeat(range(0, 0, 1), -1); }) == Code::kFailedPrecondition);
  DatasetIterator none(c, repeat(in_order(0), -1));
  CHECK(step(none).find("must have an element") != std::string::npos);
  DatasetIterator filtered(
      c, repeat(filter(range(0, 9, 1), lambda([](const Place&, Element&) { return false; }), 0), -1));
  CHECK(step(filtered).find("must have an element") != std::string::npos);
  CHECK(numbers(c, repeat(in_order(0), 7)).empty());
  // Passing over billions of elements of a source whose size is known takes no time.
  DatasetIterator far(c, repeat(range(0, 7, 1), -1));
  far.seek(0, 7'000'000'000'003);
  CHECK(step(far) == "[]:3, ");
}

TEST_CASE("sources take turns as tf.data's interleave says", "[dataset]") {
  Context c{OneThread()};
  // The example in the reference of tf.data.Dataset.interleave: 1 .. 5, each six times.
  std::vector<DatasetPtr> sources;
  for (int64_t n = 1; n <= 5; n++) sources.push_back(repeat(range(n, n + 1, 1), 6));
  CHECK(numbers(c, interleave(sources, 2, 4)) ==
        Numbers{1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5});
  CHECK(numbers(c, interleave({range(0, 3, 1), in_order(0), range(10, 12, 1)}, 3, 1)) ==
        Numbers{0, 10, 1, 11, 2});
  CHECK(numbers(c, interleave({range(0, 2, 1), range(5, 7, 1)}, 1, 1)) == Numbers{0, 1, 5, 6});
  CHECK(interleave(sources, 2, 4)->size() == 30);
  CHECK(code_of([&] { interleave(sources, 0, 4); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { interleave(sources, 1, 0); }) == Code::kInvalidArgument);
}

TEST_CASE("a buffer gives each element once, and none before it was read", "[dataset][shuffle]") {
  Context c{OneThread()};
  for (int64_t buffer : {1, 2, 7, 100, 1000}) {
    for (bool indexed : {true, false}) {
      DatasetIterator it(c, shuffle(indexed ? range(0, 100, 1) : in_order(100), 5, buffer));
      const Numbers first = numbers(it), second = numbers(it);
      for (const Numbers& order : {first, second}) {
        Numbers sorted = order;
        std::sort(sorted.begin(), sorted.end());
        CHECK(sorted == upto(100));
        for (int64_t i = 0; i < 100; i++) CHECK(order[static_cast<size_t>(i)] <= i + buffer - 1);
      }
      CHECK((first == second) == (buffer == 1));
    }
  }
  // A buffer of all elements makes each order equally likely: chi-squared of 24 orders, 99.99 % point 56.
  std::map<Numbers, int> counts;
  for (uint64_t seed = 0; seed < 6000; seed++) counts[numbers(c, shuffle(range(0, 4, 1), seed, 4))]++;
  double chi = 0;
  for (auto& [order, count] : counts) chi += (count - 250.0) * (count - 250.0) / 250;
  CHECK(counts.size() == 24);
  CHECK(chi < 56);
  // As a whole, of a source without indices.
  Numbers whole = numbers(c, shuffle(in_order(50), 1));
  CHECK(whole != upto(50));
  std::sort(whole.begin(), whole.end());
  CHECK(whole == upto(50));
  CHECK(code_of([] { shuffle(range(0, 1, 1), 1, 0); }) == Code::kInvalidArgument);
  CHECK(code_of([] { shuffle(repeat(range(0, 1, 1), -1), 1); }) == Code::kInvalidArgument);
}

TEST_CASE("batches of a source without indices are those of one with them", "[dataset]") {
  Context c{OneThread()};
  for (bool drop : {false, true}) {
    DatasetIterator a(c, batch(range(0, 11, 1), 4, drop)), b(c, batch(in_order(11), 4, drop));
    CHECK(rest(a, 2) == rest(b, 2));
  }
  DatasetIterator it(c, batch(in_order(11), 4));
  CHECK(rest(it) == std::vector<std::string>{"[4,]:0,1,2,3, ", "[4,]:4,5,6,7, ", "[3,]:8,9,10, ", "end"});
  it.seek(0, 2);
  CHECK(step(it) == "[3,]:8,9,10, ");
  CHECK(code_of([&] { it.seek(0, 4); }) == Code::kInvalidArgument);
  CHECK(step(it) == "end");
}

namespace {

// Elements of a vector and a number: n is {n, n, ... (n times)} and n.
FunctionPtr ladder() {
  return lambda([](const Place&, Element& e) {
    const int64_t n = *e[0].data<int64_t>();
    auto [value, memory] = BlockPool::make()->value(DType::kI64, {n});
    for (int64_t i = 0; i < n; i++) reinterpret_cast<int64_t*>(memory)[i] = n;
    e = {std::move(value), e[0]};
    return true;
  });
}

}  // namespace

TEST_CASE("what is shorter is filled up to the longest of its batch", "[dataset]") {
  Context c{OneThread()};
  DatasetPtr rows = map(range(0, 4, 1), ladder(), 2, 0, 0);
  DatasetIterator it(c, padded_batch(rows, 3, false, {-1, 0}));
  CHECK(rest(it) ==
        std::vector<std::string>{"[3,2,]:-1,-1,1,-1,2,2, [3,]:0,1,2, ", "[1,3,]:3,3,3, [1,]:3, ", "end"});
  // Two axes at once.
  DatasetIterator deep(c, padded_batch(padded_batch(rows, 3, false, {-1, 0}), 2, false, {7, 8}));
  CHECK(step(deep) == "[2,3,3,]:-1,-1,7,1,-1,7,2,2,7,3,3,3,7,7,7,7,7,7, [2,3,]:0,1,2,3,8,8, ");
  DatasetIterator wrong(c, padded_batch(rows, 2, false, {0.5, 0}));
  CHECK(step(wrong).find("number of the tensor's dtype: got 0.5 for i64") != std::string::npos);
  CHECK(code_of([&] { padded_batch(rows, 2, false, {0}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { padded_batch(rows, 0, false, {0, 0}); }) == Code::kInvalidArgument);
}

TEST_CASE("elements of like length come together", "[dataset]") {
  Context c{OneThread()};
  auto lengths = [&](Numbers of) { return map(listed([of](uint64_t) { return of; }), ladder(), 2, 0, 0); };
  DatasetPtr rows = lengths({1, 5, 2, 9, 6, 0, 8, 3});
  DatasetIterator it(c, bucket_by_length(rows, 0, {3, 6}, {2, 2, 3}, false, {0, 0}));
  CHECK(rest(it) ==
        std::vector<std::string>{
            "[2,2,]:1,0,2,2, [2,]:1,2, ",                                                  // below 3
            "[3,9,]:9,9,9,9,9,9,9,9,9,6,6,6,6,6,6,0,0,0,8,8,8,8,8,8,8,8,0, [3,]:9,6,8, ",  // from 6 on
            "[2,5,]:5,5,5,5,5,3,3,3,0,0, [2,]:5,3, ",                                      // 3 to 5
            "[1,0,]: [1,]:0, ",                                                            // what is left
            "end"});
  DatasetIterator dropped(c, bucket_by_length(rows, 0, {3, 6}, {2, 2, 3}, true, {0, 0}));
  CHECK(rest(dropped).size() == 4);
  DatasetIterator scalars(c, bucket_by_length(rows, 1, {3}, {2, 2}, false, {0, 0}));
  CHECK(step(scalars).find("needs a first axis") != std::string::npos);
  CHECK(code_of([&] { bucket_by_length(rows, 2, {}, {2}, false, {0, 0}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] {
          bucket_by_length(rows, 0, {2, 2}, {1, 1, 1}, false, {0, 0});
        }) == Code::kInvalidArgument);
  CHECK(code_of([&] { bucket_by_length(rows, 0, {2}, {1}, false, {0, 0}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { bucket_by_length(rows, 0, {2}, {1, 0}, false, {0, 0}); }) == Code::kInvalidArgument);
}

TEST_CASE("unbatch gives the rows back, windows overlap or leave gaps", "[dataset]") {
  Context c{OneThread()};
  CHECK(numbers(c, unbatch(batch(range(0, 7, 1), 3))) == upto(7));
  CHECK(numbers(c, unbatch(unbatch(batch(batch(range(0, 6, 1), 3), 2)))) == upto(6));
  DatasetIterator scalars(c, unbatch(range(0, 1, 1)));
  CHECK(step(scalars).find("first axis") != std::string::npos);
  for (bool indexed : {true, false}) {
    DatasetPtr five = indexed ? range(0, 5, 1) : in_order(5);
    DatasetIterator it(c, window(five, 3, 1, true));
    CHECK(rest(it) == std::vector<std::string>{"[3,]:0,1,2, ", "[3,]:1,2,3, ", "[3,]:2,3,4, ", "end"});
    DatasetIterator all(c, window(five, 3, 2, false));
    CHECK(rest(all) == std::vector<std::string>{"[3,]:0,1,2, ", "[3,]:2,3,4, ", "[1,]:4, ", "end"});
    DatasetIterator gaps(c, window(five, 2, 3, false));
    CHECK(rest(gaps) == std::vector<std::string>{"[2,]:0,1, ", "[2,]:3,4, ", "end"});
  }
  CHECK(window(range(0, 5, 1), 3, 1, true)->size() == 3);
  CHECK(window(range(0, 5, 1), 3, 2, false)->size() == 3);
  CHECK(window(range(0, 5, 1), 2, 3, false)->size() == 2);
  CHECK(window(range(0, 2, 1), 3, 1, true)->size() == 0);
  CHECK(code_of([] { window(range(0, 5, 1), 0, 1, false); }) == Code::kInvalidArgument);
  CHECK(code_of([] { window(range(0, 5, 1), 1, 0, false); }) == Code::kInvalidArgument);
}

TEST_CASE("a cache asks its source once for each element, and always for epoch 0", "[dataset]") {
  Context c{OneThread()};
  for (bool indexed : {true, false}) {
    int calls = 0;
    std::set<uint64_t> epochs;
    FunctionPtr counted = lambda([&](const Place& place, Element&) {
      calls++;
      epochs.insert(place.epoch);
      return true;
    });
    DatasetPtr cached = cache(map(indexed ? range(0, 6, 1) : in_order(6), counted, 1, 0, 0));
    DatasetIterator it(c, shuffle(cached, 1));
    for (int epoch = 0; epoch < 3; epoch++) CHECK(numbers(it).size() == 6);
    CHECK(calls == 6);
    CHECK(epochs == std::set<uint64_t>{0});
    CHECK(numbers(c, take(cached, 2)) == Numbers{0, 1});
    CHECK(calls == 6);  // another iterator finds them, too
  }
  CHECK(code_of([] { cache(repeat(range(0, 1, 1), -1)); }) == Code::kInvalidArgument);
}

TEST_CASE("sources are drawn by their weights, which may change", "[dataset]") {
  Context c{OneThread()};
  auto endless = [](int64_t n) { return repeat(range(n, n + 1, 1), -1); };
  DatasetPtr mixed = sample_from({endless(0), endless(1), endless(2)}, {1, 0, 3}, 11, false);
  DatasetIterator it(c, batch(mixed, 4000));
  tl::Tensor out[1];
  auto count = [&](int64_t n) {
    return std::count(out[0].data<int64_t>(), out[0].data<int64_t>() + 4000, n);
  };
  REQUIRE(it.next(out));
  // Binomial of 4000 draws at 1/4: standard deviation 27.4; five of them.
  CHECK(std::abs(count(0) - 1000) < 137);
  CHECK(count(1) == 0);
  set_sample_weights(*mixed, {0, 1, 0});
  REQUIRE(it.next(out));
  CHECK(count(1) == 4000);

  // Ends of sources.
  Numbers all = numbers(c, sample_from({range(0, 5, 1), range(10, 13, 1)}, {1, 1}, 3, false));
  Numbers low, high;
  for (int64_t n : all) (n < 10 ? low : high).push_back(n);
  CHECK(low == upto(5));
  CHECK(high == Numbers{10, 11, 12});
  const Numbers until = numbers(c, sample_from({range(0, 5, 1), range(10, 13, 1)}, {1, 1}, 3, true));
  CHECK(until.size() < 8);
  CHECK(std::equal(until.begin(), until.end(), all.begin()));
  CHECK(numbers(c, sample_from({range(0, 5, 1), range(10, 13, 1)}, {0, 2}, 3, false)) == Numbers{10, 11, 12});
  DatasetIterator epochs(c, sample_from({range(0, 20, 1), range(100, 120, 1)}, {1, 1}, 3, false));
  CHECK(numbers(epochs) != numbers(epochs));

  for (std::vector<double> bad :
       {std::vector<double>{1}, {0, 0}, {-1, 2}, {1, NAN}, {1, INFINITY}, {1e308, 1e308}})
    CHECK(code_of([&] {
            sample_from({range(0, 1, 1), range(0, 1, 1)}, bad, 0, false);
          }) == Code::kInvalidArgument);
  CHECK(code_of([&] { set_sample_weights(*range(0, 1, 1), {1}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { set_sample_weights(*mixed, {1}); }) == Code::kInvalidArgument);
}

TEST_CASE("a mixture is endless where a source is, or where all are if it ends with the first", "[dataset]") {
  Context c{OneThread()};
  const DatasetPtr endless = repeat(range(0, 3, 1), -1), known = range(10, 13, 1);
  const DatasetPtr unknown = sample_from({known}, {1}, 1, false);
  REQUIRE(unknown->size() == kUnknownSize);
  const struct {
    std::vector<DatasetPtr> sources;
    bool endless, endless_until_one_ends;
  } all[] = {{{endless}, true, true},          {{endless, endless}, true, true},
             {{known, endless}, true, false},  {{endless, unknown}, true, false},
             {{known, unknown}, false, false}, {{known, known}, false, false}};
  for (const auto& one : all)
    for (const bool stop_on_empty : {false, true}) {
      const std::vector<double> weights(one.sources.size(), 1);
      const DatasetPtr mixed = sample_from(one.sources, weights, 1, stop_on_empty);
      const bool is_endless = stop_on_empty ? one.endless_until_one_ends : one.endless;
      INFO("sources " << one.sources.size() << ", stop_on_empty " << stop_on_empty);
      CHECK(mixed->size() == (is_endless ? kInfiniteSize : kUnknownSize));
      CHECK(batch(mixed, 2)->size() == mixed->size());
      // What would wait for the end of it is refused.
      const Code expected = is_endless ? Code::kInvalidArgument : Code::kOk;
      CHECK(code_of([&] { shuffle(mixed, 1); }) == expected);
      CHECK(code_of([&] { cache(mixed); }) == expected);
      // A few of it are as many as ever.
      CHECK(take(mixed, 2)->size() == (is_endless ? 2 : kUnknownSize));
      CHECK(numbers(c, take(mixed, 2)).size() == 2);
      CHECK(code_of([&] { shuffle(mixed, 1, 4); }) == Code::kOk);
    }
  // The weight may change.
  CHECK(sample_from({known, endless}, {1, 0}, 1, false)->size() == kInfiniteSize);
}

TEST_CASE("new weights count from the next element on, whatever was made ahead", "[dataset]") {
  Context c{OneThread()};
  auto run = [&](int64_t ahead, int64_t buffer) {
    auto mixed =
        sample_from({repeat(range(0, 100, 1), -1), repeat(range(1000, 1100, 1), -1)}, {1, 1}, 2, false);
    DatasetPtr d = buffer ? shuffle(mixed, 4, buffer) : mixed;
    d = batch(d, 3);
    if (ahead) d = prefetch(d, ahead);
    DatasetIterator it(c, d);
    std::vector<std::string> all;
    for (int i = 0; i < 20; i++) all.push_back(step(it));
    set_sample_weights(*mixed, {0, 1});
    for (int i = 0; i < 20; i++) all.push_back(step(it));
    // And the place that is saved knows them.
    const std::string place = it.save_position();
    set_sample_weights(*mixed, {1, 0});
    DatasetIterator again(c, d);
    again.restore_position(place);
    for (int i = 0; i < 20; i++) all.push_back(step(again));
    DatasetIterator third(c, d);
    third.restore_position(place);
    for (int i = 0; i < 20; i++) CHECK(step(third) == all[static_cast<size_t>(40 + i)]);
    return all;
  };
  for (int64_t buffer : {0, 5}) {
    const auto plain = run(0, buffer);
    CHECK(run(1, buffer) == plain);
    CHECK(run(16, buffer) == plain);
    for (size_t i = buffer ? 30 : 20; i < 60; i++) {
      INFO(plain[i]);
      if (!buffer) CHECK(plain[i].find(":1") != std::string::npos);
    }
  }
}

TEST_CASE("the rows of all replicas are the batch, in order, also where some have none", "[dataset]") {
  Context c{OneThread()};
  const int64_t size = 3;
  for (bool indexed : {true, false}) {
    DatasetPtr batches = batch(indexed ? range(0, 12, 1) : in_order(12), 5);  // of 5, 5 and 2
    std::vector<Numbers> joined(3);
    for (int64_t rank = 0; rank < size; rank++) {
      DatasetPtr mine = replica_rows(batches, rank, size);
      CHECK(mine->size() == batches->size());
      DatasetIterator it(c, mine);
      tl::Tensor t[1];
      for (size_t k = 0; it.next(t); k++) {
        const int64_t rows = t[0].shape()[0];
        CHECK(rows == (k < 2 ? (rank < 2 ? 2 : 1) : (rank < 2 ? 1 : 0)));
        joined.at(k).insert(joined[k].end(), t[0].data<int64_t>(), t[0].data<int64_t>() + rows);
      }
    }
    CHECK(joined == std::vector<Numbers>{{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}, {10, 11}});
  }
  CHECK(code_of([] { replica_rows(range(0, 3, 1), 3, 3); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { numbers(c, replica_rows(range(0, 3, 1), 0, 1)); }) ==
        Code::kInvalidArgument);  // no axis
}
