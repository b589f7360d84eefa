// The table of C functions behind which a library that moves bytes between processes stands (Gloo, MPI): a plugin, opened when
// it is used. Ranks send and receive buffers whose sizes both sides know before; nothing is compared, summed or laid out here.
// What is done with it (collectives, order of sums, agreement) is in process_engine.h.
//
// No C++ type, exception or allocator crosses the table. A plugin returns 0, or a code of tl::Code with a text.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TL_TRANSPORT_ABI = 2 };
enum { TL_TRANSPORT_TEXT = 512 };
enum { TL_TRANSPORT_SHORT = 65536 };

typedef struct tl_transport tl_transport;  // the plugin's: one rank's connections to all others
typedef struct tl_transport_wait
    tl_transport_wait;  // the plugin's: transfers that have been started together

// Where something went wrong: the text ends in a zero byte; rank: whose connection it was, -1 where that is not known.
typedef struct tl_transport_error {
  int32_t code;
  int32_t rank;
  char text[TL_TRANSPORT_TEXT];
} tl_transport_error;

// Small values by name that all ranks share while they connect. 0, or not; get() waits for the value, at most `seconds`, and
// puts it into `value`, of which `capacity` bytes are there; *size is what it needs. failed() says, to any thread, whether connecting is of
// no use any more, because another rank is lost or this one was cancelled; each may be null where the engine needs none.
typedef struct tl_transport_store {
  void *user;
  int32_t (*put)(void *user, const char *name, const void *value, size_t size);
  int32_t (*get)(void *user, const char *name, double seconds, void *value, size_t capacity, size_t *size);
  int32_t (*failed)(void *user);
} tl_transport_store;

typedef struct tl_transport_options {
  size_t struct_size;
  int32_t rank, size;
  const char *address;  // of this machine, in numbers: what to listen on
  const char *name;     // of the group: part of the names in the store
  double seconds;       // for connecting
  tl_transport_store store;
} tl_transport_options;

// One buffer that goes to a rank or comes from it. Between two ranks and of one tag, the k-th that is sent is the k-th that is received,
// and they have the same size; what comes into at most TL_TRANSPORT_SHORT bytes may be shorter than these. Tags are below 2^24.
typedef struct tl_transport_transfer {
  int32_t rank;
  int32_t receives;  // 0: sends
  void *data;        // is not written where it is sent
  size_t bytes;
  uint64_t tag;
} tl_transport_transfer;

typedef struct tl_transport_table {
  size_t struct_size;
  uint32_t abi;
  const char *engine;   // "gloo", "mpi"
  const char *version;  // of the engine
  int32_t (*connect)(const tl_transport_options *options, tl_transport **transport,
                     tl_transport_error *error);
  // Starts transfers; their buffers stay until finish() of them has returned, whatever it returns.
  int32_t (*start)(tl_transport *transport, const tl_transport_transfer *transfers, size_t count,
                   tl_transport_wait **wait, tl_transport_error *error);
  // Waits until all have ended, for at most `seconds` (0: only looks), and frees `wait`. Where they have not ended well, nobody touches
  // their buffers after it has returned, and the transport is of no use any more, but that those that had ended have ended well.
  int32_t (*finish)(tl_transport *transport, tl_transport_wait *wait, double seconds,
                    tl_transport_error *error);
  // Of a group that has failed. From any thread, at any time before close(): who waits in finish() returns at once with an error, and so
  // does every later start().
  void (*abort)(tl_transport *transport);
  // When nothing is started any more. Waits for no other rank.
  void (*close)(tl_transport *transport);
  // Ends what the engine keeps for later groups, where none is open: MPI, which waits for all ranks. exit() does it itself. Null: nothing.
  void (*end)(void);
} tl_transport_table;

// What a plugin exports, as "tl_transport_plugin". `abi` is that of the library; null where the plugin does not know it.
typedef const tl_transport_table *(*tl_transport_plugin_function)(uint32_t abi);

#ifdef __cplusplus
}
#endif
