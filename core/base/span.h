// A view of consecutive elements (C++17 has no std::span). It owns nothing and checks nothing.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <type_traits>

namespace tl {

template <class T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}
  // Any container with data() and size(): std::vector, std::array, Span of non-const.
  template <class C, class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<C&>().data()), T*>>>
  constexpr Span(C& container) : data_(container.data()), size_(container.size()) {}
  template <class C,
            class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<const C&>().data()), T*>>,
            class = void>
  constexpr Span(const C& container) : data_(container.data()), size_(container.size()) {}
  // For arguments such as f({a, b}): the list lives as long as the call.
  constexpr Span(std::initializer_list<std::remove_const_t<T>> list)
      : data_(first_of(list)), size_(list.size()) {}

  constexpr T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](size_t i) const { return data_[i]; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }

 private:
  // Not list.begin() in the constructor: GCC would warn there that the list may end before the span does.
  static constexpr T* first_of(const std::initializer_list<std::remove_const_t<T>>& list) {
    return list.begin();
  }

  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace tl
