// Datasets: slices without copies, shuffles as permutations of (seed, epoch), batches, conversions,
// positions.
#include "core/data/dataset.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/philox.h"
#include "core/data/iterator.h"
#include "core/data/shuffle.h"
#include "core/tensor/context.h"
#include "tests/data/values.h"

using tl::Code;
using tl::Context;
using tl::DType;
using tl::Shape;
using tl::Tensor;
using namespace tl::data;

namespace {

tl::ContextOptions with_threads(int threads, size_t memory_limit = 0) {
  tl::ContextOptions options;
  options.threads = threads;
  options.memory_limit = memory_limit;
  return options;
}

// A tensor with the elements 0, 1, 2, ... modulo 2^8 for bytes.
template <class T>
Tensor counting(Context& context, const Shape& shape) {
  Tensor t = context.allocate(tl::DTypeOf<T>::value, shape);
  for (int64_t i = 0; i < t.elements(); i++) t.mutable_data<T>()[i] = static_cast<T>(i);
  return t;
}

// The ids that come out in one epoch of a dataset of i32 batches or elements.
std::vector<int32_t> one_epoch(DatasetIterator& it) {
  std::vector<int32_t> ids;
  Tensor out[1];
  while (it.next(out))
    for (int32_t id : values<int32_t>(out[0])) ids.push_back(id);
  return ids;
}

// Element `index` of an epoch.
void get(Context& context, const DatasetPtr& dataset, uint64_t epoch, int64_t index, Tensor* out) {
  DatasetIterator it(context, dataset);
  it.seek(epoch, index);
  const bool more = it.next({out, dataset->width()});
  REQUIRE(more);
}

template <class F>
std::string message_of(F&& f, Code code = Code::kInvalidArgument) {
  try {
    f();
  } catch (const tl::Error& error) {
    CHECK(error.code() == code);
    return error.message();
  }
  FAIL("no error");
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("slices are views of the source", "[dataset]") {
  Context context(with_threads(1));
  Tensor images = counting<uint8_t>(context, {5, 3, 2}), labels = counting<int64_t>(context, {5});
  DatasetPtr dataset = tensor_slices({images, labels});
  CHECK(dataset->size() == 5);
  CHECK(dataset->width() == 2);
  Tensor out[2];
  get(context, dataset, 0, 3, out);
  CHECK(out[0].shape() == Shape{3, 2});
  CHECK(out[0].raw() == images.raw() + 18);
  CHECK(out[1].shape() == Shape{});
  CHECK(values<int64_t>(out[1]) == std::vector<int64_t>{3});
}

TEST_CASE("slices refuse what does not match", "[dataset]") {
  Context context(with_threads(1)), other(with_threads(1));
  Tensor images = counting<uint8_t>(context, {10000, 2}), labels = counting<uint8_t>(context, {9999});
  std::string text = message_of([&] { tensor_slices({images, labels}); });
  CHECK(has(text, "(10000, 2)"));
  CHECK(has(text, "9999"));
  CHECK(has(text, "same split"));
  message_of([&] { tensor_slices({}); });
  message_of([&] { tensor_slices({images, context.allocate(DType::kF32, {})}); });
  message_of([&] { tensor_slices({images, other.allocate(DType::kF32, {10000})}); });
}

TEST_CASE("a shuffle is a permutation that follows from seed and epoch", "[dataset][shuffle]") {
  for (int64_t n : {0, 1, 2, 3, 100, 4097}) {
    std::vector<int64_t> order = shuffled_order(7, 0, n), sorted = order, identity(static_cast<size_t>(n));
    std::sort(sorted.begin(), sorted.end());
    std::iota(identity.begin(), identity.end(), 0);
    CHECK(sorted == identity);
    CHECK(order == shuffled_order(7, 0, n));
    if (n >= 100) {
      CHECK(order != identity);
      CHECK(order != shuffled_order(8, 0, n));
      CHECK(order != shuffled_order(7, 1, n));
      CHECK(shuffled_order(7, 1, n) != shuffled_order(8, 0, n));
    }
  }
}

TEST_CASE("orders are those of Fisher and Yates, drawn by Philox without favour", "[dataset][shuffle]") {
  // A position that an earlier version saved must mean the same elements: the definition, as plainly as it can be said.
  for (int64_t n : {2, 5, 60, 1000})
    for (uint64_t epoch : {0, 3}) {
      const uint64_t key = 9 ^ 0x73687566666c6521;
      std::vector<int64_t> want(static_cast<size_t>(n));
      std::iota(want.begin(), want.end(), 0);
      uint64_t drawn = 0;
      for (uint64_t i = want.size(); i > 1; i--) {
        uint64_t word;
        do {
          const auto block = tl::philox_block(key, epoch, drawn / 2);
          word = static_cast<uint64_t>(block[2 * (drawn % 2)]) << 32 | block[2 * (drawn % 2) + 1];
          drawn++;
        } while (word < (0 - i) % i);
        std::swap(want[i - 1], want[word % i]);
      }
      CHECK(shuffled_order(9, epoch, n) == want);
    }
}

TEST_CASE("every order is equally likely, over epochs and over seeds", "[dataset][shuffle]") {
  // Chi-squared of 24 orders; its 99.99 % point with 23 degrees of freedom is 56.
  for (bool by_seed : {false, true}) {
    std::map<std::vector<int64_t>, int> counts;
    constexpr int draws = 24000;
    for (uint64_t i = 0; i < draws; i++)
      counts[by_seed ? shuffled_order(i, 3, 4) : shuffled_order(3, i, 4)]++;
    CHECK(counts.size() == 24);
    double chi = 0, expected = draws / 24.0;
    for (auto& [order, count] : counts) chi += (count - expected) * (count - expected) / expected;
    CHECK(chi < 56);
    CHECK(chi > 5);  // not suspiciously even (0.01 % point)
  }
  // In a longer one each place sees each value: 97 values over 9700 epochs at place 5 (99.99 % point for 96:
  // 153).
  std::vector<int> counts(97);
  for (uint64_t epoch = 0; epoch < 9700; epoch++)
    counts[static_cast<size_t>(shuffled_order(1, epoch, 97)[5])]++;
  double chi = 0;
  for (int count : counts) chi += (count - 100.0) * (count - 100.0) / 100.0;
  CHECK(chi < 153);
}

TEST_CASE("batches hold the shuffled elements, the same for any number of threads", "[dataset]") {
  std::vector<int32_t> first, second;
  for (int threads : {1, 2, 5}) {
    Context context(with_threads(threads));
    Tensor ids = counting<int32_t>(context, {1000}), rows = context.allocate(DType::kF32, {1000, 3});
    for (int i = 0; i < 3000; i++) rows.mutable_data<float>()[i] = static_cast<float>(i / 3 * 10 + i % 3);
    DatasetIterator it(context, batch(shuffle(tensor_slices({ids, rows}), 42), 64));
    CHECK(it.dataset()->size() == 16);
    std::vector<int32_t> orders[2];
    for (auto& order : orders) {
      Tensor out[2];
      int batches = 0;
      while (it.next(out)) {
        int64_t n = ++batches < 16 ? 64 : 1000 - 15 * 64;
        REQUIRE(out[0].shape() == Shape{n});
        REQUIRE(out[1].shape() == Shape{n, 3});
        for (int64_t i = 0; i < n; i++) {
          int32_t id = out[0].data<int32_t>()[i];
          order.push_back(id);
          for (int k = 0; k < 3; k++)
            REQUIRE(out[1].data<float>()[3 * i + k] == static_cast<float>(id * 10 + k));
        }
      }
      CHECK(batches == 16);
      CHECK(std::set<int32_t>(order.begin(), order.end()).size() == 1000);
    }
    CHECK(orders[0] != orders[1]);
    if (threads == 1) first = orders[0], second = orders[1];
    CHECK(orders[0] == first);
    CHECK(orders[1] == second);
  }
}

TEST_CASE("batches of rows are those of elements, for rows of any size", "[dataset]") {
  // A function that changes nothing: behind it a batch sees elements, one by one, and knows nothing of rows.
  struct Same : Function, Worker {
    std::unique_ptr<Worker> worker() const override { return std::make_unique<Same>(); }
    bool run(const Place&, Element&) override { return true; }
  };
  Context context(with_threads(1));
  auto elements = [](const DatasetPtr& d) { return map(d, std::make_shared<Same>(), d->width(), 0, 0); };
  using Change = DatasetPtr (*)(const DatasetPtr&);
  const Change changes[] = {
      [](const DatasetPtr& d) { return d; },
      [](const DatasetPtr& d) { return shuffle(d, 5); },
      [](const DatasetPtr& d) { return take(skip(shuffle(skip(d, 1), 5), 2), 9); },
      [](const DatasetPtr& d) { return shuffle(shuffle(take(d, 11), 1), 2); },
  };
  const DatasetPtr sources[] = {
      tensor_slices({counting<uint8_t>(context, {13}), counting<double>(context, {13, 2, 3})}),
      tensor_slices({counting<float>(context, {13}), counting<int64_t>(context, {13}),
                     counting<uint8_t>(context, {13, 3})}),
      tensor_slices({counting<float>(context, {13, 0}), counting<uint8_t>(context, {13, 785})}),
      tensor_slices({counting<float>(context, {13, 300, 1000})}),
  };
  for (const DatasetPtr& source : sources)
    for (const Change& change : changes)
      for (const int64_t size : {1, 4, 20}) {
        const bool padded = size == 4;
        auto batched = [&](const DatasetPtr& d) {
          return padded ? padded_batch(d, size, false, std::vector<double>(d->width(), 0)) : batch(d, size);
        };
        DatasetIterator rows(context, batched(change(source))),
            one_by_one(context, batched(elements(change(source))));
        Tensor a[3], b[3];
        for (int ends = 0; ends < 2;) {
          const bool more = rows.next({a, source->width()});
          REQUIRE(more == one_by_one.next({b, source->width()}));
          REQUIRE(rows.epoch() == one_by_one.epoch());
          REQUIRE(rows.position() == one_by_one.position());
          ends += !more;
          for (size_t i = 0; i < source->width() && more; i++) {
            REQUIRE(a[i].dtype() == b[i].dtype());
            REQUIRE(a[i].shape() == b[i].shape());
            REQUIRE((a[i].bytes() == 0 || std::memcmp(a[i].raw(), b[i].raw(), a[i].bytes()) == 0));
          }
        }
      }
}

TEST_CASE("batches and remainders", "[dataset]") {
  Context context(with_threads(1));
  struct Case {
    int64_t elements, size, batches, dropped_batches, last;
  };
  for (Case c : {Case{10, 5, 2, 2, 5}, Case{10, 4, 3, 2, 2}, Case{10, 1, 10, 10, 1}, Case{10, 10, 1, 1, 10},
                 Case{10, 11, 1, -1, 10}, Case{0, 3, 0, 0, 0}}) {
    INFO(c.elements << " in batches of " << c.size);
    DatasetPtr source = tensor_slices({counting<int32_t>(context, {c.elements, 2})});
    DatasetPtr all = batch(source, c.size);
    CHECK(all->size() == c.batches);
    if (c.batches) {
      Tensor out[1];
      get(context, all, 0, c.batches - 1, out);
      CHECK(out[0].shape() == Shape{c.last, 2});
      CHECK(values<int32_t>(out[0]).back() == static_cast<int32_t>(c.elements * 2 - 1));
    }
    if (c.dropped_batches < 0)
      CHECK(has(message_of([&] { batch(source, c.size, true); }), "drop_remainder"));
    else
      CHECK(batch(source, c.size, true)->size() == c.dropped_batches);
  }
  DatasetPtr source = tensor_slices({counting<int32_t>(context, {4})});
  for (int64_t size : {int64_t{0}, int64_t{-1}, INT64_MIN}) message_of([&] { batch(source, size); });
  CHECK(batch(source, INT64_MAX)->size() == 1);

  // Batches of batches stack further; a smaller last batch does not fit among whole ones.
  Tensor out[1];
  get(context, batch(batch(source, 2), 2), 0, 0, out);
  CHECK(out[0].shape() == Shape{2, 2});
  CHECK(has(message_of([&] { get(context, batch(batch(source, 3), 2), 0, 0, out); }), "(1,)"));
  CHECK(out[0].shape() == Shape{2, 2});  // untouched by the failure
  DatasetPtr deep = tensor_slices({counting<uint8_t>(context, {2, 1, 1, 1, 1, 1, 1, 1})});
  get(context, batch(deep, 1), 0, 0, out);
  CHECK(out[0].rank() == 8);
  message_of([&] { get(context, batch(batch(deep, 1), 1), 0, 0, out); });
}

TEST_CASE("empty rows and batches own their memory", "[dataset]") {
  Context context(with_threads(1));
  Tensor out[1];
  get(context, batch(tensor_slices({counting<float>(context, {4, 0})}), 2), 0, 0, out);
  CHECK(out[0].shape() == Shape{2, 0});
  Tensor ids = counting<int32_t>(context, {4});
  get(context, batch(tensor_slices({ids}), 4), 0, 0, out);
  CHECK(out[0].raw() != ids.raw());
}

TEST_CASE("take and skip split a dataset", "[dataset]") {
  Context context(with_threads(1));
  DatasetPtr source = tensor_slices({counting<int32_t>(context, {10})});
  DatasetIterator head(context, take(source, 9)), tail(context, skip(source, 9));
  CHECK(one_epoch(head) == std::vector<int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(one_epoch(tail) == std::vector<int32_t>{9});
  CHECK(take(source, 11)->size() == 10);
  CHECK(take(source, 0)->size() == 0);
  CHECK(skip(source, 11)->size() == 0);
  CHECK(skip(source, INT64_MAX)->size() == 0);
  message_of([&] { take(source, -1); });
  message_of([&] { skip(source, -1); });
  DatasetIterator middle(context, take(skip(source, 3), 2));
  CHECK(one_epoch(middle) == std::vector<int32_t>{3, 4});
}

TEST_CASE("conversions are exact", "[dataset]") {
  Context context(with_threads(1));
  Tensor bytes = counting<uint8_t>(context, {1, 256});
  Tensor out[1];
  get(context, cast(tensor_slices({bytes}), 0, DType::kF32, 255), 0, 0, out);
  for (int i = 0; i < 256; i++) REQUIRE(out[0].data<float>()[i] == static_cast<float>(i) / 255.0f);
  get(context, cast(tensor_slices({bytes}), 0, DType::kF64, 255), 0, 0, out);
  for (int i = 0; i < 256; i++) REQUIRE(out[0].data<double>()[i] == i / 255.0);
  for (DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kI64}) {
    get(context, cast(tensor_slices({bytes}), 0, dtype), 0, 0, out);
    CHECK(out[0].dtype() == dtype);
    CHECK(out[0].shape() == Shape{256});
    double last = dtype == DType::kF32   ? out[0].data<float>()[255]
                  : dtype == DType::kF64 ? out[0].data<double>()[255]
                  : dtype == DType::kI32 ? out[0].data<int32_t>()[255]
                                         : static_cast<double>(out[0].data<int64_t>()[255]);
    CHECK(last == 255);
  }
  Tensor ints = context.allocate(DType::kI32, {1, 2});
  ints.mutable_data<int32_t>()[0] = INT32_MIN;
  ints.mutable_data<int32_t>()[1] = 5;
  get(context, cast(tensor_slices({ints}), 0, DType::kI64), 0, 0, out);
  CHECK(values<int64_t>(out[0]) == std::vector<int64_t>{INT32_MIN, 5});
  get(context, cast(tensor_slices({ints}), 0, DType::kF64, 2), 0, 0, out);
  CHECK(values<double>(out[0]) == std::vector<double>{INT32_MIN / 2.0, 2.5});
  // What is already right is passed on, without a copy.
  get(context, cast(tensor_slices({ints}), 0, DType::kI32), 0, 0, out);
  CHECK(out[0].raw() == ints.raw());
}

TEST_CASE("cast changes one tensor of each element, before or after batch", "[dataset]") {
  Context context(with_threads(1));
  DatasetPtr source = tensor_slices({counting<uint8_t>(context, {6, 2}), counting<uint8_t>(context, {6})});
  Tensor a[2], b[2];
  get(context, cast(batch(source, 4), 1, DType::kI32), 0, 1, a);
  get(context, batch(cast(source, 1, DType::kI32), 4), 0, 1, b);
  for (Tensor* out : {a, b}) {
    CHECK(out[0].dtype() == DType::kU8);
    CHECK(values<uint8_t>(out[0]) == std::vector<uint8_t>{8, 9, 10, 11});
    CHECK(values<int32_t>(out[1]) == std::vector<int32_t>{4, 5});
  }
}

TEST_CASE("cast refuses wishes that make no sense", "[dataset]") {
  Context context(with_threads(1));
  DatasetPtr source = tensor_slices({counting<uint8_t>(context, {2}), counting<float>(context, {2})});
  message_of([&] { cast(source, 2, DType::kF32); });
  message_of([&] { cast(source, 0, DType::kU8); });
  message_of([&] { cast(source, 0, static_cast<DType>(99)); });
  for (double divisor : {0.0, -0.0, double(NAN), double(INFINITY), 1e300, 1e-300})
    message_of([&] { cast(source, 0, DType::kF32, divisor); });
  message_of([&] { cast(source, 0, DType::kI32, 2); });
  Tensor out[2];
  CHECK(has(message_of([&] { get(context, cast(source, 1, DType::kI32), 0, 0, out); }), "op cast"));
  CHECK_FALSE(out[0]);
}

TEST_CASE("an iterator goes through epochs and back to a saved position", "[dataset]") {
  Context context(with_threads(1));
  DatasetPtr dataset = batch(shuffle(tensor_slices({counting<int32_t>(context, {20})}), 5), 6);
  DatasetIterator it(context, dataset);
  std::vector<int32_t> first = one_epoch(it);
  CHECK(it.epoch() == 1);
  CHECK(it.position() == 0);
  Tensor out[1];
  REQUIRE(it.next(out));
  uint64_t epoch = it.epoch();
  int64_t position = it.position();
  std::vector<int32_t> rest = one_epoch(it);
  CHECK(rest.size() == 14);
  one_epoch(it);

  DatasetIterator resumed(context, batch(shuffle(tensor_slices({counting<int32_t>(context, {20})}), 5), 6));
  resumed.seek(epoch, position);
  CHECK(one_epoch(resumed) == rest);
  it.seek(0, 0);
  CHECK(one_epoch(it) == first);
  it.seek(0, 4);
  CHECK_FALSE(it.next(out));
  message_of([&] { it.seek(0, 5); });
  message_of([&] { it.seek(0, -1); });
  message_of([&] { it.seek(UINT64_MAX, 0); });
  CHECK(it.epoch() == 1);

  DatasetIterator none(context, take(dataset, 0));
  for (uint64_t i = 1; i < 4; i++) {
    CHECK_FALSE(none.next(out));
    CHECK(none.epoch() == i);
  }
}

namespace {

// Asks the context to stop when one of its elements is read.
class CancelAt : public Function {
 public:
  CancelAt(int64_t at, std::atomic<uint32_t>* word) : at_(at), word_(word) {}
  std::unique_ptr<Worker> worker() const override {
    struct At : Worker {
      explicit At(const CancelAt& owner) : of(owner) {}
      bool run(const Place& place, Element&) override {
        of.last_ = place.index;
        if (place.index == of.at_) *of.word_ = 1;
        return true;
      }
      const CancelAt& of;
    };
    return std::make_unique<At>(*this);
  }
  int64_t last() const { return last_; }

 private:
  int64_t at_;
  mutable int64_t last_ = -1;
  std::atomic<uint32_t>* word_;
};

}  // namespace

TEST_CASE("a batch is cancelled between two of its elements, and comes whole afterwards", "[dataset]") {
  std::atomic<uint32_t> word{0};
  Context context(with_threads(1));
  context.set_cancel_word(&word, 1);
  auto cancel = std::make_shared<CancelAt>(11, &word);
  DatasetPtr source = tensor_slices({counting<int32_t>(context, Shape{16})});
  for (bool indexed : {true, false}) {
    DatasetPtr from = indexed ? source : repeat(source, 1);
    DatasetIterator it(context, batch(map(from, cancel, 1, 0, 0), 8, false));
    Tensor out;
    REQUIRE(it.next({&out, 1}));
    const Tensor before = out;
    Code code = Code::kOk;
    try {
      it.next({&out, 1});
    } catch (const tl::Error& e) {
      code = e.code();
    }
    CHECK(code == Code::kCancelled);
    CHECK(cancel->last() == 11);
    CHECK(it.position() == 1);
    CHECK(out.raw() == before.raw());
    word = 0;
    DatasetIterator rest(context, batch(source, 8, false));
    rest.restore_position(DatasetIterator(context, batch(source, 8, false)).save_position());
    rest.seek(0, it.position());
    REQUIRE(rest.next({&out, 1}));
    for (int i = 0; i < 8; i++) CHECK(out.data<int32_t>()[i] == 8 + i);
    word = 0;
  }
}
