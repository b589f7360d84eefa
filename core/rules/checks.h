// Checks that several rules share, with their error texts: operands of composite ops, values of attributes, sizes that
// are computed. Everything here throws kInvalidArgument before any memory is asked for; nothing here looks at data.
#pragma once

#include "core/tensor/tensor.h"

namespace tl::rules {

// What apply() checks of an op of the table, for an op that is made of others: present, and of an allowed dtype.
void check_operand(const char* op, const char* name, const Tensor& x, DTypeSet allowed);

// The dtype attribute is one of `allowed`; it comes from other languages as a plain number.
void check_dtype(const char* op, DType dtype, DTypeSet allowed = kAnyType);

// The dtype can hold the number: whole and in range for integers, 0 or 1 for bool, below the largest finite value (or
// not finite at all) for floating point.
void check_value(const char* op, const char* name, double value, DType dtype);

// The part of check_value() that says whole: for a number of an integer dtype that may lie outside its range.
void check_whole(const char* op, const char* name, double value, DType dtype);

void check_finite(const char* op, const char* name, double value);

// broadcast(), with the size in bytes checked where the result is larger than both operands.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b, DType dtype);

// Sizes from attributes may be anything, so sums and products of them can overflow.
int64_t checked_add(const char* op, int64_t a, int64_t b);
int64_t checked_multiply(const char* op, int64_t a, int64_t b);

}  // namespace tl::rules
