// What the tests of calls without memory share; see out_of_memory_main.cpp.
#pragma once

#include <tapeloop/tapeloop.h>

#include <atomic>
#include <string>

#include "tests/rounds.h"

extern std::atomic<long> allocations_left;  // of all threads; below 0: any number
constexpr long kMost = 300;                 // no call here needs as many, but where it says so
constexpr long kApart =
    tl::test::failures_apart > 1 ? 7 : 1;  // a path without memory is the same a few allocations on

void check(bool ok, const std::string& what);
tl_context* new_context();

void test_checkpoints();
void test_reassociation();
void test_replicas();
