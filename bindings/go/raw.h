/* Made from api.json by bindings/gen/generate. Do not edit. */
/* The functions of the C API as cgo calls them: handles are numbers, options are passed by value. */
#ifndef TAPELOOP_GO_RAW_H
#define TAPELOOP_GO_RAW_H

#include <tapeloop/tapeloop.h>

#if !defined(TL_VERSION_MINOR) || TL_VERSION_MAJOR != 0 || TL_VERSION_MINOR < 1
#error "the C library that pkg-config found is not the one that this Go package needs: install tapeloop 0.1 or a newer 0.x"
#include <tapeloop-0.1-or-newer-is-needed.h>
#endif

typedef struct {
  uint64_t seed;
  int32_t threads;
  uint64_t memory_limit;
} tlgo_context_options;

typedef struct {
  int32_t delimiter;
  bool no_header;
  const char *types;
  const char *missing;
  int32_t floats;
  uint64_t max_bytes;
} tlgo_csv_options;

typedef struct {
  int32_t floats;
  uint64_t max_bytes;
} tlgo_json_lines_options;

typedef struct {
  int32_t reduction;
  bool from_probabilities;
  double label_smoothing;
  uintptr_t weights;
} tlgo_loss_options;

typedef struct {
  int64_t top_k;
  bool one_class;
  int64_t class_id;
  bool from_logits;
  int64_t threshold_count;
  int32_t curve;
  int32_t summation;
  const char *name;
} tlgo_threshold_options;

typedef struct {
  double beta;
  double threshold;
  int32_t average;
  const char *name;
} tlgo_f_beta_options;

typedef struct {
  int32_t average;
  int64_t regressors;
  const char *name;
} tlgo_r2_options;

typedef struct {
  double learning_rate;
  double momentum;
  bool nesterov;
  int32_t momentum_form;
  const char *name;
} tlgo_sgd_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  int32_t epsilon_form;
  const char *name;
  bool amsgrad;
} tlgo_adam_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  int32_t epsilon_form;
  double weight_decay;
  const char *name;
  bool amsgrad;
} tlgo_adamw_options;

typedef struct {
  int32_t non_finite;
} tlgo_clip_options;

typedef struct {
  int64_t width;
  int64_t height;
  bool log_x;
  bool log_y;
  double smoothing;
  int64_t scale;
} tlgo_plot_options;

typedef struct {
  int64_t columns;
  int64_t padding;
  int64_t scale;
  double background;
} tlgo_image_grid_options;

typedef struct {
  int32_t descriptor;
  int32_t style;
  int32_t width;
  int32_t digits;
  double interval;
  bool ascii;
  bool no_color;
  bool no_times;
} tlgo_progress_options;

typedef struct {
  int32_t floats;
} tlgo_safetensors_save_options;

typedef struct {
  bool persistent;
  bool ignore_variables;
  bool explain;
} tlgo_tape_options;

typedef struct {
  int32_t unconnected;
  const uintptr_t *output_gradients;
  int32_t *reasons;
} tlgo_gradient_options;

typedef struct {
  int64_t most_events;
  bool no_details;
} tlgo_trace_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  int32_t epsilon_form;
  const char *name;
} tlgo_adamax_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double momentum_decay;
  const char *name;
} tlgo_nadam_options;

typedef struct {
  double learning_rate;
  double initial_accumulator;
  double epsilon;
  int32_t epsilon_form;
  const char *name;
} tlgo_adagrad_options;

typedef struct {
  double learning_rate;
  double rho;
  double epsilon;
  const char *name;
} tlgo_adadelta_options;

typedef struct {
  double learning_rate;
  double rho;
  double momentum;
  double epsilon;
  bool centered;
  int32_t epsilon_form;
  int32_t momentum_form;
  const char *name;
} tlgo_rmsprop_options;

typedef struct {
  double learning_rate;
  double learning_rate_power;
  double initial_accumulator;
  double l1;
  double l2;
  double l2_shrinkage;
  double beta;
  const char *name;
} tlgo_ftrl_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  const char *name;
} tlgo_lion_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  const char *name;
} tlgo_lamb_options;

typedef struct {
  double learning_rate;
  double beta2_decay;
  double epsilon1;
  double epsilon2;
  double clip_threshold;
  int32_t epsilon_form;
  const char *name;
} tlgo_adafactor_options;

typedef struct {
  double learning_rate;
  double momentum;
  bool no_nesterov;
  int64_t ns_steps;
  int32_t scale;
  double adam_rate_ratio;
  double beta1;
  double beta2;
  double epsilon;
  const char *name;
} tlgo_muon_options;

typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  int64_t warmup_steps;
  const char *name;
} tlgo_schedule_free_adamw_options;

typedef struct {
  const char *name;
  size_t most_plans;
  int32_t host_reads;
  bool retrace_is_error;
  bool verify;
  bool polymorphic_batch;
  bool allow_reassociation;
  size_t most_recordings;
} tlgo_function_options;

typedef struct {
  int32_t way;
  int32_t unconnected;
  uint64_t memory_budget;
  bool check_independence;
  int32_t *reasons;
} tlgo_jacobian_options;

typedef struct {
  int32_t channels;
  uint64_t max_bytes;
} tlgo_image_options;

typedef struct {
  double learning_rate;
  int64_t history_size;
  int64_t max_iterations;
  double gradient_tolerance;
  double change_tolerance;
  double sufficient_decrease;
  double curvature;
  const char *name;
} tlgo_lbfgs_options;

typedef struct {
  double rho;
  bool adaptive;
  double eta;
} tlgo_sam_options;

typedef struct {
  const char *name;
} tlgo_layer_options;

typedef struct {
  int64_t input_size;
  int32_t activation;
  bool no_bias;
  int32_t kernel_initializer;
  double kernel_parameter;
  int32_t bias_initializer;
  double bias_parameter;
  int32_t dtype;
  const char *name;
} tlgo_dense_options;

typedef struct {
  double momentum;
  double epsilon;
  bool no_scale;
  bool no_center;
  int32_t dtype;
  const char *name;
} tlgo_batch_normalization_options;

typedef struct {
  double epsilon;
  bool no_scale;
  bool no_center;
  int32_t dtype;
  const char *name;
} tlgo_layer_normalization_options;

typedef struct {
  int32_t threads;
  uint64_t seed;
} tlgo_map_options;

typedef struct {
  double warmup_fraction;
  double div_factor;
  double final_div_factor;
  bool linear;
} tlgo_one_cycle_options;

typedef struct {
  double factor;
  int64_t patience;
  double min_delta;
  int64_t cooldown;
  double min_rate;
  bool maximize;
  const char *name;
} tlgo_plateau_options;

typedef struct {
  int64_t gradient_accumulation_steps;
  double clip_value;
  double clip_norm;
  double global_clip_norm;
  double weight_decay;
  bool use_ema;
  double ema_momentum;
  int64_t ema_overwrite_frequency;
  double loss_scale_factor;
  bool dynamic_loss_scale;
  double initial_loss_scale;
  int64_t loss_scale_growth_interval;
  double min_loss_scale;
  double max_loss_scale;
  int32_t non_finite;
  int32_t weight_decay_form;
  int64_t lookahead_steps;
  double lookahead_alpha;
  double adaptive_clip_factor;
  double adaptive_clip_epsilon;
} tlgo_step_options;

typedef struct {
  int64_t max_to_keep;
  int32_t best;
  int64_t keep_every;
  bool asynchronous;
} tlgo_checkpoint_manager_options;

typedef struct {
  int32_t threads;
  double flops;
  uint64_t l1_bytes;
  uint64_t l2_bytes;
  uint64_t l3_bytes;
  double l1_bandwidth;
  double l2_bandwidth;
  double l3_bandwidth;
  double dram_bandwidth;
} tlgo_machine_peaks;

typedef struct {
  size_t turns;
} tlgo_peak_options;

typedef struct {
  double timeout_seconds;
  const char *backend;
  const char *plugin_folder;
  int32_t rank;
  int32_t size;
  const char *address;
  int32_t port;
  const char *job;
  const char *token;
  uint64_t generation;
  double lease_seconds;
} tlgo_group_options;

typedef struct {
  uint64_t seed;
  int32_t threads;
  uint64_t memory_limit;
  double timeout_seconds;
} tlgo_replicas_options;

typedef struct {
  int64_t epochs;
  int64_t steps_per_epoch;
  uintptr_t validation;
  const uintptr_t *metrics;
  size_t num_metrics;
  bool eager;
  const char *monitor;
  bool maximize;
  double min_delta;
  int64_t patience;
  bool restore_best;
  int32_t non_finite;
  uintptr_t plateau;
  const uintptr_t *loggers;
  size_t num_loggers;
  uintptr_t progress;
  const char *checkpoints;
  int64_t checkpoint_steps;
  int64_t max_to_keep;
  int64_t keep_every;
  bool keep_best;
  bool asynchronous;
  bool step_events;
  const int32_t *stop;
} tlgo_fit_options;

static inline const char *tlgo_version(void) {
  return tl_version();
}

static inline int32_t tlgo_require_version(int32_t major, int32_t minor) {
  return tl_require_version(major, minor);
}

static inline const char *tlgo_status_name(int32_t status) {
  return tl_status_name(status);
}

static inline const char *tlgo_dtype_name(int32_t dtype) {
  return tl_dtype_name(dtype);
}

static inline size_t tlgo_dtype_size(int32_t dtype) {
  return tl_dtype_size(dtype);
}

static inline uintptr_t tlgo_context_new(tlgo_context_options o) {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.seed = o.seed;
  options.threads = o.threads;
  options.memory_limit = o.memory_limit;
  return (uintptr_t)tl_context_new(&options);
}

static inline int32_t tlgo_context_free(uintptr_t context) {
  return tl_context_free((tl_context *)context);
}

static inline int32_t tlgo_context_cancel(uintptr_t context) {
  return tl_context_cancel((tl_context *)context);
}

static inline int32_t tlgo_context_set_threads(uintptr_t context, int32_t threads) {
  return tl_context_set_threads((tl_context *)context, threads);
}

static inline int32_t tlgo_context_set_seed(uintptr_t context, uint64_t seed) {
  return tl_context_set_seed((tl_context *)context, seed);
}

static inline int32_t tlgo_context_set_memory_limit(uintptr_t context, uint64_t bytes) {
  return tl_context_set_memory_limit((tl_context *)context, bytes);
}

static inline int32_t tlgo_context_set_non_finite_check(uintptr_t context, int32_t check) {
  return tl_context_set_non_finite_check((tl_context *)context, check);
}

static inline int32_t tlgo_context_trim(uintptr_t context) {
  return tl_context_trim((tl_context *)context);
}

static inline int32_t tlgo_context_stats(uintptr_t context, tl_context_statistics *statistics) {
  return tl_context_stats((tl_context *)context, statistics);
}

static inline bool tlgo_failed(uintptr_t context) {
  return tl_failed((tl_context *)context);
}

static inline int32_t tlgo_error_code(uintptr_t context) {
  return tl_error_code((tl_context *)context);
}

static inline const char *tlgo_error_message(uintptr_t context) {
  return tl_error_message((tl_context *)context);
}

static inline void tlgo_clear_error(uintptr_t context) {
  tl_clear_error((tl_context *)context);
}

static inline int32_t tlgo_forget_error(uintptr_t context, int32_t code) {
  return tl_forget_error((tl_context *)context, code);
}

static inline int32_t tlgo_set_error(uintptr_t context, int32_t code, const char *message) {
  return tl_set_error((tl_context *)context, code, message);
}

static inline int32_t tlgo_scope_begin(uintptr_t context) {
  return tl_scope_begin((tl_context *)context);
}

static inline int32_t tlgo_scope_end(uintptr_t context) {
  return tl_scope_end((tl_context *)context);
}

static inline uintptr_t tlgo_keep(uintptr_t tensor) {
  return (uintptr_t)tl_keep((tl_tensor *)tensor);
}

static inline uintptr_t tlgo_grad_pass_through(uintptr_t context, uintptr_t value, uintptr_t path) {
  return (uintptr_t)tl_grad_pass_through((tl_context *)context, (tl_tensor *)value, (tl_tensor *)path);
}

static inline uintptr_t tlgo_read_idx(uintptr_t context, const char *path, uint64_t max_bytes) {
  return (uintptr_t)tl_read_idx((tl_context *)context, path, max_bytes);
}

static inline uintptr_t tlgo_dataset_from_tensors(uintptr_t context, const uintptr_t *tensors, size_t count) {
  return (uintptr_t)tl_dataset_from_tensors((tl_context *)context, (tl_tensor *const *)tensors, count);
}

static inline uintptr_t tlgo_dataset_from_idx_folder(uintptr_t context, const char *folder, int32_t part, uint64_t max_bytes) {
  return (uintptr_t)tl_dataset_from_idx_folder((tl_context *)context, folder, part, max_bytes);
}

static inline uintptr_t tlgo_dataset_take(uintptr_t context, uintptr_t source, int64_t count) {
  return (uintptr_t)tl_dataset_take((tl_context *)context, (tl_dataset *)source, count);
}

static inline uintptr_t tlgo_dataset_skip(uintptr_t context, uintptr_t source, int64_t count) {
  return (uintptr_t)tl_dataset_skip((tl_context *)context, (tl_dataset *)source, count);
}

static inline uintptr_t tlgo_dataset_shuffle(uintptr_t context, uintptr_t source, uint64_t seed) {
  return (uintptr_t)tl_dataset_shuffle((tl_context *)context, (tl_dataset *)source, seed);
}

static inline uintptr_t tlgo_dataset_batch(uintptr_t context, uintptr_t source, int64_t count, bool drop_remainder) {
  return (uintptr_t)tl_dataset_batch((tl_context *)context, (tl_dataset *)source, count, drop_remainder);
}

static inline uintptr_t tlgo_dataset_cast(uintptr_t context, uintptr_t source, size_t position, int32_t dtype, double divisor) {
  return (uintptr_t)tl_dataset_cast((tl_context *)context, (tl_dataset *)source, position, dtype, divisor);
}

static inline bool tlgo_dataset_next(uintptr_t dataset, uintptr_t *tensors, size_t count) {
  return tl_dataset_next((tl_dataset *)dataset, (tl_tensor **)tensors, count);
}

static inline int64_t tlgo_dataset_size(uintptr_t dataset) {
  return tl_dataset_size((tl_dataset *)dataset);
}

static inline size_t tlgo_dataset_width(uintptr_t dataset) {
  return tl_dataset_width((tl_dataset *)dataset);
}

static inline uint64_t tlgo_dataset_epoch(uintptr_t dataset) {
  return tl_dataset_epoch((tl_dataset *)dataset);
}

static inline int64_t tlgo_dataset_position(uintptr_t dataset) {
  return tl_dataset_position((tl_dataset *)dataset);
}

static inline int32_t tlgo_dataset_seek(uintptr_t dataset, uint64_t epoch, int64_t position) {
  return tl_dataset_seek((tl_dataset *)dataset, epoch, position);
}

static inline uintptr_t tlgo_dataset_keep(uintptr_t dataset) {
  return (uintptr_t)tl_dataset_keep((tl_dataset *)dataset);
}

static inline void tlgo_dataset_release(uintptr_t dataset) {
  tl_dataset_release((tl_dataset *)dataset);
}

static inline uintptr_t tlgo_feed_new(uintptr_t context, const uintptr_t *like, size_t count) {
  return (uintptr_t)tl_feed_new((tl_context *)context, (tl_tensor *const *)like, count);
}

static inline int32_t tlgo_feed_begin(uintptr_t feed) {
  return tl_feed_begin((tl_feed *)feed);
}

static inline int32_t tlgo_feed_commit(uintptr_t feed, int64_t rows) {
  return tl_feed_commit((tl_feed *)feed, rows);
}

static inline int32_t tlgo_feed_finish(uintptr_t feed) {
  return tl_feed_finish((tl_feed *)feed);
}

static inline bool tlgo_feed_next(uintptr_t feed, uintptr_t *tensors, size_t count) {
  return tl_feed_next((tl_feed *)feed, (tl_tensor **)tensors, count);
}

static inline double tlgo_feed_waited(uintptr_t feed) {
  return tl_feed_waited((tl_feed *)feed);
}

static inline uintptr_t tlgo_feed_keep(uintptr_t feed) {
  return (uintptr_t)tl_feed_keep((tl_feed *)feed);
}

static inline void tlgo_feed_release(uintptr_t feed) {
  tl_feed_release((tl_feed *)feed);
}

static inline uintptr_t tlgo_bundle_new(uintptr_t context) {
  return (uintptr_t)tl_bundle_new((tl_context *)context);
}

static inline int32_t tlgo_bundle_add(uintptr_t bundle, const char *name, uintptr_t tensor) {
  return tl_bundle_add((tl_bundle *)bundle, name, (tl_tensor *)tensor);
}

static inline int64_t tlgo_bundle_size(uintptr_t bundle) {
  return tl_bundle_size((tl_bundle *)bundle);
}

static inline const char *tlgo_bundle_name(uintptr_t bundle, int64_t index) {
  return tl_bundle_name((tl_bundle *)bundle, index);
}

static inline bool tlgo_bundle_has(uintptr_t bundle, const char *name) {
  return tl_bundle_has((tl_bundle *)bundle, name);
}

static inline uintptr_t tlgo_bundle_get(uintptr_t bundle, const char *name) {
  return (uintptr_t)tl_bundle_get((tl_bundle *)bundle, name);
}

static inline int64_t tlgo_bundle_category_count(uintptr_t bundle, const char *name) {
  return tl_bundle_category_count((tl_bundle *)bundle, name);
}

static inline const char *tlgo_bundle_category(uintptr_t bundle, const char *name, int64_t code) {
  return tl_bundle_category((tl_bundle *)bundle, name, code);
}

static inline uintptr_t tlgo_bundle_keep(uintptr_t bundle) {
  return (uintptr_t)tl_bundle_keep((tl_bundle *)bundle);
}

static inline void tlgo_bundle_release(uintptr_t bundle) {
  tl_bundle_release((tl_bundle *)bundle);
}

static inline uintptr_t tlgo_read_npy(uintptr_t context, const char *path) {
  return (uintptr_t)tl_read_npy((tl_context *)context, path);
}

static inline int32_t tlgo_write_npy(uintptr_t context, const char *path, uintptr_t tensor) {
  return tl_write_npy((tl_context *)context, path, (tl_tensor *)tensor);
}

static inline uintptr_t tlgo_read_npz(uintptr_t context, const char *path, uint64_t max_bytes) {
  return (uintptr_t)tl_read_npz((tl_context *)context, path, max_bytes);
}

static inline int32_t tlgo_write_npz(uintptr_t bundle, const char *path, bool compress) {
  return tl_write_npz((tl_bundle *)bundle, path, compress);
}

static inline uintptr_t tlgo_read_csv(uintptr_t context, const char *path, tlgo_csv_options o) {
  tl_csv_options options;
  tl_csv_options_init(&options, sizeof options);
  options.delimiter = o.delimiter;
  options.no_header = o.no_header;
  options.types = o.types;
  options.missing = o.missing;
  options.floats = o.floats;
  options.max_bytes = o.max_bytes;
  return (uintptr_t)tl_read_csv((tl_context *)context, path, &options);
}

static inline uintptr_t tlgo_read_json_lines(uintptr_t context, const char *path, tlgo_json_lines_options o) {
  tl_json_lines_options options;
  tl_json_lines_options_init(&options, sizeof options);
  options.floats = o.floats;
  options.max_bytes = o.max_bytes;
  return (uintptr_t)tl_read_json_lines((tl_context *)context, path, &options);
}

static inline uintptr_t tlgo_logger_csv(uintptr_t context, const char *path, bool append) {
  return (uintptr_t)tl_logger_csv((tl_context *)context, path, append);
}

static inline uintptr_t tlgo_logger_json_lines(uintptr_t context, const char *path, bool append) {
  return (uintptr_t)tl_logger_json_lines((tl_context *)context, path, append);
}

static inline uintptr_t tlgo_logger_tensorboard(uintptr_t context, const char *folder) {
  return (uintptr_t)tl_logger_tensorboard((tl_context *)context, folder);
}

static inline int32_t tlgo_logger_scalar(uintptr_t logger, int64_t step, const char *tag, double value) {
  return tl_logger_scalar((tl_logger *)logger, step, tag, value);
}

static inline int32_t tlgo_logger_text(uintptr_t logger, int64_t step, const char *tag, const char *text) {
  return tl_logger_text((tl_logger *)logger, step, tag, text);
}

static inline int32_t tlgo_logger_histogram(uintptr_t logger, int64_t step, const char *tag, uintptr_t tensor) {
  return tl_logger_histogram((tl_logger *)logger, step, tag, (tl_tensor *)tensor);
}

static inline int32_t tlgo_logger_image(uintptr_t logger, int64_t step, const char *tag, uintptr_t image) {
  return tl_logger_image((tl_logger *)logger, step, tag, (tl_tensor *)image);
}

static inline int32_t tlgo_logger_flush(uintptr_t logger) {
  return tl_logger_flush((tl_logger *)logger);
}

static inline const char *tlgo_logger_path(uintptr_t logger) {
  return tl_logger_path((tl_logger *)logger);
}

static inline uintptr_t tlgo_logger_keep(uintptr_t logger) {
  return (uintptr_t)tl_logger_keep((tl_logger *)logger);
}

static inline void tlgo_logger_release(uintptr_t logger) {
  tl_logger_release((tl_logger *)logger);
}

static inline uintptr_t tlgo_loss_sparse_categorical_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_sparse_categorical_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_categorical_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_categorical_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_binary_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_binary_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_mean_squared_error(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_mean_squared_error((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_mean_absolute_error(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_mean_absolute_error((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_hinge(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_hinge((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_squared_hinge(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_squared_hinge((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_categorical_hinge(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_categorical_hinge((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_huber(uintptr_t context, uintptr_t labels, uintptr_t predictions, double delta, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_huber((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, delta, &options);
}

static inline uintptr_t tlgo_loss_log_cosh(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_log_cosh((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_mean_absolute_percentage_error(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_mean_absolute_percentage_error((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_mean_squared_logarithmic_error(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_mean_squared_logarithmic_error((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_cosine_similarity(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_cosine_similarity((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_kl_divergence(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_kl_divergence((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_poisson(uintptr_t context, uintptr_t labels, uintptr_t predictions, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_poisson((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, &options);
}

static inline uintptr_t tlgo_loss_binary_focal_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t predictions, double gamma, double alpha, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_binary_focal_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, gamma, alpha, &options);
}

static inline uintptr_t tlgo_loss_categorical_focal_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t predictions, double gamma, double alpha, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_categorical_focal_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, gamma, alpha, &options);
}

static inline uintptr_t tlgo_loss_dice(uintptr_t context, uintptr_t labels, uintptr_t predictions, bool per_example, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_dice((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, per_example, &options);
}

static inline uintptr_t tlgo_loss_tversky(uintptr_t context, uintptr_t labels, uintptr_t predictions, double alpha, double beta, bool per_example, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_tversky((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, alpha, beta, per_example, &options);
}

static inline uintptr_t tlgo_loss_ctc(uintptr_t context, uintptr_t labels, uintptr_t predictions, uintptr_t label_lengths, uintptr_t prediction_lengths, int64_t blank, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_ctc((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)predictions, (tl_tensor *)label_lengths, (tl_tensor *)prediction_lengths, blank, &options);
}

static inline uintptr_t tlgo_loss_reduce(uintptr_t context, uintptr_t losses, tlgo_loss_options o) {
  tl_loss_options options;
  tl_loss_options_init(&options, sizeof options);
  options.reduction = o.reduction;
  options.from_probabilities = o.from_probabilities;
  options.label_smoothing = o.label_smoothing;
  options.weights = (tl_tensor *)o.weights;
  return (uintptr_t)tl_loss_reduce((tl_context *)context, (tl_tensor *)losses, &options);
}

static inline uintptr_t tlgo_metric_mean(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_mean((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_sum(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_sum((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_sparse_categorical_accuracy(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_sparse_categorical_accuracy((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_categorical_accuracy(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_categorical_accuracy((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_binary_accuracy(uintptr_t context, double threshold, const char *name) {
  return (uintptr_t)tl_metric_binary_accuracy((tl_context *)context, threshold, name);
}

static inline uintptr_t tlgo_metric_sparse_top_k_categorical_accuracy(uintptr_t context, int64_t k, const char *name) {
  return (uintptr_t)tl_metric_sparse_top_k_categorical_accuracy((tl_context *)context, k, name);
}

static inline uintptr_t tlgo_metric_top_k_categorical_accuracy(uintptr_t context, int64_t k, const char *name) {
  return (uintptr_t)tl_metric_top_k_categorical_accuracy((tl_context *)context, k, name);
}

static inline uintptr_t tlgo_metric_true_positives(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_true_positives((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_false_positives(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_false_positives((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_true_negatives(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_true_negatives((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_false_negatives(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_false_negatives((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_precision(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_precision((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_recall(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_recall((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_sensitivity_at_specificity(uintptr_t context, double specificity, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_sensitivity_at_specificity((tl_context *)context, specificity, &options);
}

static inline uintptr_t tlgo_metric_specificity_at_sensitivity(uintptr_t context, double sensitivity, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_specificity_at_sensitivity((tl_context *)context, sensitivity, &options);
}

static inline uintptr_t tlgo_metric_precision_at_recall(uintptr_t context, double recall, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_precision_at_recall((tl_context *)context, recall, &options);
}

static inline uintptr_t tlgo_metric_recall_at_precision(uintptr_t context, double precision, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_recall_at_precision((tl_context *)context, precision, &options);
}

static inline uintptr_t tlgo_metric_auc(uintptr_t context, const double *thresholds, size_t count, tlgo_threshold_options o) {
  tl_threshold_options options;
  tl_threshold_options_init(&options, sizeof options);
  options.top_k = o.top_k;
  options.one_class = o.one_class;
  options.class_id = o.class_id;
  options.from_logits = o.from_logits;
  options.threshold_count = o.threshold_count;
  options.curve = o.curve;
  options.summation = o.summation;
  options.name = o.name;
  return (uintptr_t)tl_metric_auc((tl_context *)context, thresholds, count, &options);
}

static inline uintptr_t tlgo_metric_f_beta(uintptr_t context, int64_t classes, tlgo_f_beta_options o) {
  tl_f_beta_options options;
  tl_f_beta_options_init(&options, sizeof options);
  options.beta = o.beta;
  options.threshold = o.threshold;
  options.average = o.average;
  options.name = o.name;
  return (uintptr_t)tl_metric_f_beta((tl_context *)context, classes, &options);
}

static inline uintptr_t tlgo_metric_mean_iou(uintptr_t context, int64_t classes, const char *name) {
  return (uintptr_t)tl_metric_mean_iou((tl_context *)context, classes, name);
}

static inline uintptr_t tlgo_metric_root_mean_squared_error(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_root_mean_squared_error((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_cosine_similarity(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_cosine_similarity((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_pearson_correlation(uintptr_t context, const char *name) {
  return (uintptr_t)tl_metric_pearson_correlation((tl_context *)context, name);
}

static inline uintptr_t tlgo_metric_r2(uintptr_t context, int64_t outputs, tlgo_r2_options o) {
  tl_r2_options options;
  tl_r2_options_init(&options, sizeof options);
  options.average = o.average;
  options.regressors = o.regressors;
  options.name = o.name;
  return (uintptr_t)tl_metric_r2((tl_context *)context, outputs, &options);
}

static inline int32_t tlgo_metric_update(uintptr_t metric, uintptr_t values, uintptr_t weights) {
  return tl_metric_update((tl_metric *)metric, (tl_tensor *)values, (tl_tensor *)weights);
}

static inline int32_t tlgo_metric_update_predictions(uintptr_t metric, uintptr_t labels, uintptr_t predictions, uintptr_t weights) {
  return tl_metric_update_predictions((tl_metric *)metric, (tl_tensor *)labels, (tl_tensor *)predictions, (tl_tensor *)weights);
}

static inline double tlgo_metric_result(uintptr_t metric) {
  return tl_metric_result((tl_metric *)metric);
}

static inline uintptr_t tlgo_metric_result_tensor(uintptr_t metric) {
  return (uintptr_t)tl_metric_result_tensor((tl_metric *)metric);
}

static inline int32_t tlgo_metric_reset(uintptr_t metric) {
  return tl_metric_reset((tl_metric *)metric);
}

static inline const uintptr_t *tlgo_metric_variables(uintptr_t metric, size_t *count) {
  return (const uintptr_t *)tl_metric_variables((tl_metric *)metric, count);
}

static inline const char *tlgo_metric_name(uintptr_t metric) {
  return tl_metric_name((tl_metric *)metric);
}

static inline uintptr_t tlgo_metric_keep(uintptr_t metric) {
  return (uintptr_t)tl_metric_keep((tl_metric *)metric);
}

static inline void tlgo_metric_release(uintptr_t metric) {
  tl_metric_release((tl_metric *)metric);
}

static inline uintptr_t tlgo_add(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_add((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_sub(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_sub((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_mul(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_mul((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_div(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_div((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_pow(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_pow((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_maximum(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_maximum((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_minimum(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_minimum((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_add_scalar(uintptr_t context, uintptr_t x, double value) {
  return (uintptr_t)tl_add_scalar((tl_context *)context, (tl_tensor *)x, value);
}

static inline uintptr_t tlgo_mul_scalar(uintptr_t context, uintptr_t x, double value) {
  return (uintptr_t)tl_mul_scalar((tl_context *)context, (tl_tensor *)x, value);
}

static inline uintptr_t tlgo_neg(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_neg((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_exp(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_exp((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_log(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_log((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_log1p(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_log1p((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_expm1(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_expm1((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_sqrt(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_sqrt((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_rsqrt(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_rsqrt((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_square(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_square((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_abs(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_abs((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_sign(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_sign((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_tanh(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_tanh((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_sigmoid(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_sigmoid((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_softplus(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_softplus((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_relu(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_relu((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_sin(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_sin((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_cos(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_cos((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_erf(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_erf((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_reciprocal(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_reciprocal((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_floor(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_floor((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_clip(uintptr_t context, uintptr_t x, double low, double high) {
  return (uintptr_t)tl_clip((tl_context *)context, (tl_tensor *)x, low, high);
}

static inline uintptr_t tlgo_leaky_relu(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_leaky_relu((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_leaky_relu_slope(uintptr_t context, uintptr_t x, double slope) {
  return (uintptr_t)tl_leaky_relu_slope((tl_context *)context, (tl_tensor *)x, slope);
}

static inline uintptr_t tlgo_elu(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_elu((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_elu_alpha(uintptr_t context, uintptr_t x, double alpha) {
  return (uintptr_t)tl_elu_alpha((tl_context *)context, (tl_tensor *)x, alpha);
}

static inline uintptr_t tlgo_silu(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_silu((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_gelu(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_gelu((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_gelu_form(uintptr_t context, uintptr_t x, bool approximate) {
  return (uintptr_t)tl_gelu_form((tl_context *)context, (tl_tensor *)x, approximate);
}

static inline uintptr_t tlgo_strong_zero_mul(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_strong_zero_mul((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_strong_zero_div(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_strong_zero_div((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_erfc(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_erfc((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_equal(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_equal((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_not_equal(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_not_equal((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_less(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_less((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_less_equal(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_less_equal((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_greater(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_greater((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_greater_equal(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_greater_equal((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_logical_and(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_logical_and((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_logical_or(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_logical_or((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_logical_not(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_logical_not((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_select(uintptr_t context, uintptr_t condition, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_select((tl_context *)context, (tl_tensor *)condition, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_cast(uintptr_t context, uintptr_t x, int32_t dtype) {
  return (uintptr_t)tl_cast((tl_context *)context, (tl_tensor *)x, dtype);
}

static inline uintptr_t tlgo_sum(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_sum((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_sum_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_sum_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_mean(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_mean((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_mean_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_mean_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_max(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_max((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_max_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_max_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_min(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_min((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_min_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_min_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_prod(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_prod((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_prod_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_prod_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_argmax(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_argmax((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_argmax_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_argmax_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_argmin(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_argmin((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_argmin_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_argmin_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_cumsum(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_cumsum((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_cumsum_axis(uintptr_t context, uintptr_t x, int64_t axis, bool exclusive, bool reverse) {
  return (uintptr_t)tl_cumsum_axis((tl_context *)context, (tl_tensor *)x, axis, exclusive, reverse);
}

static inline uintptr_t tlgo_logsumexp(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_logsumexp((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_logsumexp_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes, bool keepdims) {
  return (uintptr_t)tl_logsumexp_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes, keepdims);
}

static inline uintptr_t tlgo_matmul(uintptr_t context, uintptr_t a, uintptr_t b) {
  return (uintptr_t)tl_matmul((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b);
}

static inline uintptr_t tlgo_matmul_transposed(uintptr_t context, uintptr_t a, uintptr_t b, bool transpose_a, bool transpose_b) {
  return (uintptr_t)tl_matmul_transposed((tl_context *)context, (tl_tensor *)a, (tl_tensor *)b, transpose_a, transpose_b);
}

static inline uintptr_t tlgo_reshape(uintptr_t context, uintptr_t x, const int64_t *shape, size_t num_shape) {
  return (uintptr_t)tl_reshape((tl_context *)context, (tl_tensor *)x, shape, num_shape);
}

static inline uintptr_t tlgo_transpose(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_transpose((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_transpose_axes(uintptr_t context, uintptr_t x, const int64_t *permutation, size_t num_permutation) {
  return (uintptr_t)tl_transpose_axes((tl_context *)context, (tl_tensor *)x, permutation, num_permutation);
}

static inline uintptr_t tlgo_broadcast_to(uintptr_t context, uintptr_t x, const int64_t *shape, size_t num_shape) {
  return (uintptr_t)tl_broadcast_to((tl_context *)context, (tl_tensor *)x, shape, num_shape);
}

static inline uintptr_t tlgo_expand_dims(uintptr_t context, uintptr_t x, int64_t axis) {
  return (uintptr_t)tl_expand_dims((tl_context *)context, (tl_tensor *)x, axis);
}

static inline uintptr_t tlgo_squeeze(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_squeeze((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_squeeze_axes(uintptr_t context, uintptr_t x, const int64_t *axes, size_t num_axes) {
  return (uintptr_t)tl_squeeze_axes((tl_context *)context, (tl_tensor *)x, axes, num_axes);
}

static inline uintptr_t tlgo_concat(uintptr_t context, const uintptr_t *values, size_t num_values, int64_t axis) {
  return (uintptr_t)tl_concat((tl_context *)context, (tl_tensor *const *)values, num_values, axis);
}

static inline uintptr_t tlgo_stack(uintptr_t context, const uintptr_t *values, size_t num_values, int64_t axis) {
  return (uintptr_t)tl_stack((tl_context *)context, (tl_tensor *const *)values, num_values, axis);
}

static inline uintptr_t tlgo_slice(uintptr_t context, uintptr_t x, const int64_t *begin, size_t num_begin, const int64_t *end, size_t num_end) {
  return (uintptr_t)tl_slice((tl_context *)context, (tl_tensor *)x, begin, num_begin, end, num_end);
}

static inline uintptr_t tlgo_slice_strided(uintptr_t context, uintptr_t x, const int64_t *begin, size_t num_begin, const int64_t *end, size_t num_end, const int64_t *strides, size_t num_strides) {
  return (uintptr_t)tl_slice_strided((tl_context *)context, (tl_tensor *)x, begin, num_begin, end, num_end, strides, num_strides);
}

static inline uintptr_t tlgo_pad(uintptr_t context, uintptr_t x, const int64_t *low, size_t num_low, const int64_t *high, size_t num_high) {
  return (uintptr_t)tl_pad((tl_context *)context, (tl_tensor *)x, low, num_low, high, num_high);
}

static inline uintptr_t tlgo_pad_interior(uintptr_t context, uintptr_t x, const int64_t *low, size_t num_low, const int64_t *high, size_t num_high, const int64_t *interior, size_t num_interior, double value) {
  return (uintptr_t)tl_pad_interior((tl_context *)context, (tl_tensor *)x, low, num_low, high, num_high, interior, num_interior, value);
}

static inline uintptr_t tlgo_flatten(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_flatten((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_flatten_from(uintptr_t context, uintptr_t x, int64_t axis) {
  return (uintptr_t)tl_flatten_from((tl_context *)context, (tl_tensor *)x, axis);
}

static inline uintptr_t tlgo_identity(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_identity((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_stop_gradient(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_stop_gradient((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_gather(uintptr_t context, uintptr_t x, uintptr_t indices, int64_t axis) {
  return (uintptr_t)tl_gather((tl_context *)context, (tl_tensor *)x, (tl_tensor *)indices, axis);
}

static inline uintptr_t tlgo_scatter_add(uintptr_t context, uintptr_t indices, uintptr_t updates, int64_t size, int64_t axis) {
  return (uintptr_t)tl_scatter_add((tl_context *)context, (tl_tensor *)indices, (tl_tensor *)updates, size, axis);
}

static inline uintptr_t tlgo_one_hot(uintptr_t context, uintptr_t indices, int64_t depth) {
  return (uintptr_t)tl_one_hot((tl_context *)context, (tl_tensor *)indices, depth);
}

static inline uintptr_t tlgo_one_hot_dtype(uintptr_t context, uintptr_t indices, int64_t depth, int32_t dtype) {
  return (uintptr_t)tl_one_hot_dtype((tl_context *)context, (tl_tensor *)indices, depth, dtype);
}

static inline uintptr_t tlgo_set_rows(uintptr_t context, uintptr_t x, uintptr_t indices, uintptr_t rows) {
  return (uintptr_t)tl_set_rows((tl_context *)context, (tl_tensor *)x, (tl_tensor *)indices, (tl_tensor *)rows);
}

static inline uintptr_t tlgo_softmax(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_softmax((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_softmax_axis(uintptr_t context, uintptr_t x, int64_t axis) {
  return (uintptr_t)tl_softmax_axis((tl_context *)context, (tl_tensor *)x, axis);
}

static inline uintptr_t tlgo_log_softmax(uintptr_t context, uintptr_t x) {
  return (uintptr_t)tl_log_softmax((tl_context *)context, (tl_tensor *)x);
}

static inline uintptr_t tlgo_log_softmax_axis(uintptr_t context, uintptr_t x, int64_t axis) {
  return (uintptr_t)tl_log_softmax_axis((tl_context *)context, (tl_tensor *)x, axis);
}

static inline uintptr_t tlgo_softmax_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t logits) {
  return (uintptr_t)tl_softmax_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)logits);
}

static inline uintptr_t tlgo_sparse_softmax_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t logits) {
  return (uintptr_t)tl_sparse_softmax_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)logits);
}

static inline uintptr_t tlgo_sigmoid_cross_entropy(uintptr_t context, uintptr_t labels, uintptr_t logits) {
  return (uintptr_t)tl_sigmoid_cross_entropy((tl_context *)context, (tl_tensor *)labels, (tl_tensor *)logits);
}

static inline uintptr_t tlgo_uniform(uintptr_t context, const int64_t *shape, size_t num_shape) {
  return (uintptr_t)tl_uniform((tl_context *)context, shape, num_shape);
}

static inline uintptr_t tlgo_uniform_range(uintptr_t context, const int64_t *shape, size_t num_shape, double low, double high, int32_t dtype) {
  return (uintptr_t)tl_uniform_range((tl_context *)context, shape, num_shape, low, high, dtype);
}

static inline uintptr_t tlgo_normal(uintptr_t context, const int64_t *shape, size_t num_shape) {
  return (uintptr_t)tl_normal((tl_context *)context, shape, num_shape);
}

static inline uintptr_t tlgo_normal_with(uintptr_t context, const int64_t *shape, size_t num_shape, double mean, double stddev, int32_t dtype) {
  return (uintptr_t)tl_normal_with((tl_context *)context, shape, num_shape, mean, stddev, dtype);
}

static inline uintptr_t tlgo_dropout(uintptr_t context, uintptr_t x, double rate) {
  return (uintptr_t)tl_dropout((tl_context *)context, (tl_tensor *)x, rate);
}

static inline uintptr_t tlgo_full(uintptr_t context, const int64_t *shape, size_t num_shape, double value, int32_t dtype) {
  return (uintptr_t)tl_full((tl_context *)context, shape, num_shape, value, dtype);
}

static inline uintptr_t tlgo_range(uintptr_t context, int64_t count) {
  return (uintptr_t)tl_range((tl_context *)context, count);
}

static inline uintptr_t tlgo_range_from(uintptr_t context, int64_t count, double start, double step, int32_t dtype) {
  return (uintptr_t)tl_range_from((tl_context *)context, count, start, step, dtype);
}

static inline uintptr_t tlgo_zeros(uintptr_t context, const int64_t *shape, size_t num_shape) {
  return (uintptr_t)tl_zeros((tl_context *)context, shape, num_shape);
}

static inline uintptr_t tlgo_zeros_dtype(uintptr_t context, const int64_t *shape, size_t num_shape, int32_t dtype) {
  return (uintptr_t)tl_zeros_dtype((tl_context *)context, shape, num_shape, dtype);
}

static inline uintptr_t tlgo_ones(uintptr_t context, const int64_t *shape, size_t num_shape) {
  return (uintptr_t)tl_ones((tl_context *)context, shape, num_shape);
}

static inline uintptr_t tlgo_ones_dtype(uintptr_t context, const int64_t *shape, size_t num_shape, int32_t dtype) {
  return (uintptr_t)tl_ones_dtype((tl_context *)context, shape, num_shape, dtype);
}

static inline uintptr_t tlgo_sgd(uintptr_t context, tlgo_sgd_options o) {
  tl_sgd_options options;
  tl_sgd_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.momentum = o.momentum;
  options.nesterov = o.nesterov;
  options.momentum_form = o.momentum_form;
  options.name = o.name;
  return (uintptr_t)tl_sgd((tl_context *)context, &options);
}

static inline uintptr_t tlgo_adam(uintptr_t context, tlgo_adam_options o) {
  tl_adam_options options;
  tl_adam_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.epsilon_form = o.epsilon_form;
  options.name = o.name;
  options.amsgrad = o.amsgrad;
  return (uintptr_t)tl_adam((tl_context *)context, &options);
}

static inline uintptr_t tlgo_adamw(uintptr_t context, tlgo_adamw_options o) {
  tl_adamw_options options;
  tl_adamw_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.epsilon_form = o.epsilon_form;
  options.weight_decay = o.weight_decay;
  options.name = o.name;
  options.amsgrad = o.amsgrad;
  return (uintptr_t)tl_adamw((tl_context *)context, &options);
}

static inline int32_t tlgo_optimizer_apply(uintptr_t optimizer, const uintptr_t *gradients, const uintptr_t *variables, size_t count) {
  return tl_optimizer_apply((tl_optimizer *)optimizer, (tl_tensor *const *)gradients, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_optimizer_apply_rows(uintptr_t optimizer, const uintptr_t *gradients, const uintptr_t *row_indices, const uintptr_t *variables, size_t count) {
  return tl_optimizer_apply_rows((tl_optimizer *)optimizer, (tl_tensor *const *)gradients, (tl_tensor *const *)row_indices, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_optimizer_build(uintptr_t optimizer, const uintptr_t *variables, size_t count) {
  return tl_optimizer_build((tl_optimizer *)optimizer, (tl_tensor *const *)variables, count);
}

static inline double tlgo_optimizer_learning_rate(uintptr_t optimizer) {
  return tl_optimizer_learning_rate((tl_optimizer *)optimizer);
}

static inline int32_t tlgo_optimizer_set_learning_rate(uintptr_t optimizer, double rate) {
  return tl_optimizer_set_learning_rate((tl_optimizer *)optimizer, rate);
}

static inline int64_t tlgo_optimizer_iterations(uintptr_t optimizer) {
  return tl_optimizer_iterations((tl_optimizer *)optimizer);
}

static inline const uintptr_t *tlgo_optimizer_variables(uintptr_t optimizer, size_t *count) {
  return (const uintptr_t *)tl_optimizer_variables((tl_optimizer *)optimizer, count);
}

static inline uintptr_t tlgo_optimizer_keep(uintptr_t optimizer) {
  return (uintptr_t)tl_optimizer_keep((tl_optimizer *)optimizer);
}

static inline void tlgo_optimizer_release(uintptr_t optimizer) {
  tl_optimizer_release((tl_optimizer *)optimizer);
}

static inline uintptr_t tlgo_clip_by_norm(uintptr_t context, uintptr_t x, double max_norm) {
  return (uintptr_t)tl_clip_by_norm((tl_context *)context, (tl_tensor *)x, max_norm);
}

static inline uintptr_t tlgo_clip_by_value(uintptr_t context, uintptr_t x, uintptr_t low, uintptr_t high) {
  return (uintptr_t)tl_clip_by_value((tl_context *)context, (tl_tensor *)x, (tl_tensor *)low, (tl_tensor *)high);
}

static inline uintptr_t tlgo_clip_adaptive(uintptr_t context, uintptr_t gradient, uintptr_t weights, double factor, double epsilon) {
  return (uintptr_t)tl_clip_adaptive((tl_context *)context, (tl_tensor *)gradient, (tl_tensor *)weights, factor, epsilon);
}

static inline uintptr_t tlgo_clip_by_norm_axes(uintptr_t context, uintptr_t x, double max_norm, const int64_t *axes, size_t num_axes) {
  return (uintptr_t)tl_clip_by_norm_axes((tl_context *)context, (tl_tensor *)x, max_norm, axes, num_axes);
}

static inline int32_t tlgo_clip_by_global_norm(uintptr_t context, const uintptr_t *gradients, size_t count, double max_norm, tlgo_clip_options o, uintptr_t *clipped, uintptr_t *norm) {
  tl_clip_options options;
  tl_clip_options_init(&options, sizeof options);
  options.non_finite = o.non_finite;
  return tl_clip_by_global_norm((tl_context *)context, (tl_tensor *const *)gradients, count, max_norm, &options, (tl_tensor **)clipped, (tl_tensor **)norm);
}

static inline uintptr_t tlgo_global_norm(uintptr_t context, const uintptr_t *gradients, size_t count) {
  return (uintptr_t)tl_global_norm((tl_context *)context, (tl_tensor *const *)gradients, count);
}

static inline uintptr_t tlgo_plot_new(uintptr_t context, const char *title, tlgo_plot_options o) {
  tl_plot_options options;
  tl_plot_options_init(&options, sizeof options);
  options.width = o.width;
  options.height = o.height;
  options.log_x = o.log_x;
  options.log_y = o.log_y;
  options.smoothing = o.smoothing;
  options.scale = o.scale;
  return (uintptr_t)tl_plot_new((tl_context *)context, title, &options);
}

static inline int32_t tlgo_plot_set_labels(uintptr_t plot, const char *x, const char *y) {
  return tl_plot_set_labels((tl_plot *)plot, x, y);
}

static inline int32_t tlgo_plot_add(uintptr_t plot, const char *name, double x, double y) {
  return tl_plot_add((tl_plot *)plot, name, x, y);
}

static inline int32_t tlgo_plot_add_many(uintptr_t plot, const char *name, const double *x, const double *y, size_t count) {
  return tl_plot_add_many((tl_plot *)plot, name, x, y, count);
}

static inline int32_t tlgo_plot_svg(uintptr_t plot, char *buffer, size_t capacity, size_t *length) {
  return tl_plot_svg((tl_plot *)plot, buffer, capacity, length);
}

static inline int32_t tlgo_plot_write_svg(uintptr_t plot, const char *path) {
  return tl_plot_write_svg((tl_plot *)plot, path);
}

static inline uintptr_t tlgo_plot_image(uintptr_t plot) {
  return (uintptr_t)tl_plot_image((tl_plot *)plot);
}

static inline uintptr_t tlgo_plot_keep(uintptr_t plot) {
  return (uintptr_t)tl_plot_keep((tl_plot *)plot);
}

static inline void tlgo_plot_release(uintptr_t plot) {
  tl_plot_release((tl_plot *)plot);
}

static inline uintptr_t tlgo_image_grid(uintptr_t context, uintptr_t images, tlgo_image_grid_options o) {
  tl_image_grid_options options;
  tl_image_grid_options_init(&options, sizeof options);
  options.columns = o.columns;
  options.padding = o.padding;
  options.scale = o.scale;
  options.background = o.background;
  return (uintptr_t)tl_image_grid((tl_context *)context, (tl_tensor *)images, &options);
}

static inline int32_t tlgo_write_png(uintptr_t image, const char *path) {
  return tl_write_png((tl_tensor *)image, path);
}

static inline int32_t tlgo_write_image_svg(uintptr_t images, uintptr_t captions, const char *title, tlgo_image_grid_options o, const char *path) {
  tl_image_grid_options options;
  tl_image_grid_options_init(&options, sizeof options);
  options.columns = o.columns;
  options.padding = o.padding;
  options.scale = o.scale;
  options.background = o.background;
  return tl_write_image_svg((tl_tensor *)images, (tl_tensor *)captions, title, &options, path);
}

static inline uintptr_t tlgo_progress_new(uintptr_t context, tlgo_progress_options o) {
  tl_progress_options options;
  tl_progress_options_init(&options, sizeof options);
  options.descriptor = o.descriptor;
  options.style = o.style;
  options.width = o.width;
  options.digits = o.digits;
  options.interval = o.interval;
  options.ascii = o.ascii;
  options.no_color = o.no_color;
  options.no_times = o.no_times;
  return (uintptr_t)tl_progress_new((tl_context *)context, &options);
}

static inline int32_t tlgo_progress_start(uintptr_t progress, int64_t total, const char *label) {
  return tl_progress_start((tl_progress *)progress, total, label);
}

static inline int32_t tlgo_progress_value(uintptr_t progress, const char *name, double value) {
  return tl_progress_value((tl_progress *)progress, name, value);
}

static inline int32_t tlgo_progress_set_waited(uintptr_t progress, double seconds) {
  return tl_progress_set_waited((tl_progress *)progress, seconds);
}

static inline bool tlgo_progress_due(uintptr_t progress) {
  return tl_progress_due((tl_progress *)progress);
}

static inline int32_t tlgo_progress_update(uintptr_t progress, int64_t step) {
  return tl_progress_update((tl_progress *)progress, step);
}

static inline int32_t tlgo_progress_finish(uintptr_t progress) {
  return tl_progress_finish((tl_progress *)progress);
}

static inline int32_t tlgo_progress_stats(uintptr_t progress, tl_progress_statistics *statistics) {
  return tl_progress_stats((tl_progress *)progress, statistics);
}

static inline int32_t tlgo_progress_text(uintptr_t progress, char *buffer, size_t capacity, size_t *length) {
  return tl_progress_text((tl_progress *)progress, buffer, capacity, length);
}

static inline uintptr_t tlgo_progress_keep(uintptr_t progress) {
  return (uintptr_t)tl_progress_keep((tl_progress *)progress);
}

static inline void tlgo_progress_release(uintptr_t progress) {
  tl_progress_release((tl_progress *)progress);
}

static inline uintptr_t tlgo_safetensors_open(uintptr_t context, const char *path) {
  return (uintptr_t)tl_safetensors_open((tl_context *)context, path);
}

static inline size_t tlgo_safetensors_count(uintptr_t file) {
  return tl_safetensors_count((tl_safetensors *)file);
}

static inline const char *tlgo_safetensors_name(uintptr_t file, size_t index) {
  return tl_safetensors_name((tl_safetensors *)file, index);
}

static inline const char *tlgo_safetensors_stored_dtype(uintptr_t file, size_t index) {
  return tl_safetensors_stored_dtype((tl_safetensors *)file, index);
}

static inline int32_t tlgo_safetensors_shape(uintptr_t file, size_t index, int64_t *dims, size_t capacity, size_t *rank) {
  return tl_safetensors_shape((tl_safetensors *)file, index, dims, capacity, rank);
}

static inline uintptr_t tlgo_safetensors_read(uintptr_t file, const char *name) {
  return (uintptr_t)tl_safetensors_read((tl_safetensors *)file, name);
}

static inline size_t tlgo_safetensors_metadata_count(uintptr_t file) {
  return tl_safetensors_metadata_count((tl_safetensors *)file);
}

static inline const char *tlgo_safetensors_metadata_name(uintptr_t file, size_t index) {
  return tl_safetensors_metadata_name((tl_safetensors *)file, index);
}

static inline const char *tlgo_safetensors_metadata_text(uintptr_t file, size_t index) {
  return tl_safetensors_metadata_text((tl_safetensors *)file, index);
}

static inline uintptr_t tlgo_safetensors_keep(uintptr_t file) {
  return (uintptr_t)tl_safetensors_keep((tl_safetensors *)file);
}

static inline void tlgo_safetensors_release(uintptr_t file) {
  tl_safetensors_release((tl_safetensors *)file);
}

static inline uintptr_t tlgo_safetensors_writer_new(uintptr_t context) {
  return (uintptr_t)tl_safetensors_writer_new((tl_context *)context);
}

static inline int32_t tlgo_safetensors_writer_add(uintptr_t writer, const char *name, uintptr_t tensor) {
  return tl_safetensors_writer_add((tl_safetensors_writer *)writer, name, (tl_tensor *)tensor);
}

static inline int32_t tlgo_safetensors_writer_set_metadata(uintptr_t writer, const char *name, const char *text) {
  return tl_safetensors_writer_set_metadata((tl_safetensors_writer *)writer, name, text);
}

static inline int32_t tlgo_safetensors_writer_save(uintptr_t writer, const char *path, tlgo_safetensors_save_options o) {
  tl_safetensors_save_options options;
  tl_safetensors_save_options_init(&options, sizeof options);
  options.floats = o.floats;
  return tl_safetensors_writer_save((tl_safetensors_writer *)writer, path, &options);
}

static inline uintptr_t tlgo_safetensors_writer_keep(uintptr_t writer) {
  return (uintptr_t)tl_safetensors_writer_keep((tl_safetensors_writer *)writer);
}

static inline void tlgo_safetensors_writer_release(uintptr_t writer) {
  tl_safetensors_writer_release((tl_safetensors_writer *)writer);
}

static inline uintptr_t tlgo_tape_begin(uintptr_t context, tlgo_tape_options o) {
  tl_tape_options options;
  tl_tape_options_init(&options, sizeof options);
  options.persistent = o.persistent;
  options.ignore_variables = o.ignore_variables;
  options.explain = o.explain;
  return (uintptr_t)tl_tape_begin((tl_context *)context, &options);
}

static inline int32_t tlgo_tape_watch(uintptr_t tape, uintptr_t tensor) {
  return tl_tape_watch((tl_tape *)tape, (tl_tensor *)tensor);
}

static inline int32_t tlgo_tape_end(uintptr_t tape) {
  return tl_tape_end((tl_tape *)tape);
}

static inline int32_t tlgo_tape_pause(uintptr_t tape) {
  return tl_tape_pause((tl_tape *)tape);
}

static inline int32_t tlgo_tape_resume(uintptr_t tape) {
  return tl_tape_resume((tl_tape *)tape);
}

static inline int32_t tlgo_tape_reset(uintptr_t tape) {
  return tl_tape_reset((tl_tape *)tape);
}

static inline const char *tlgo_gradient_reason_name(int32_t reason) {
  return tl_gradient_reason_name(reason);
}

static inline int32_t tlgo_tape_gradient(uintptr_t tape, uintptr_t target, const uintptr_t *sources, size_t count, tlgo_gradient_options o, uintptr_t *gradients) {
  tl_gradient_options options;
  tl_gradient_options_init(&options, sizeof options);
  options.unconnected = o.unconnected;
  options.output_gradients = (tl_tensor *const *)o.output_gradients;
  options.reasons = o.reasons;
  return tl_tape_gradient((tl_tape *)tape, (tl_tensor *)target, (tl_tensor *const *)sources, count, &options, (tl_tensor **)gradients);
}

static inline int32_t tlgo_tape_gradient_of(uintptr_t tape, const uintptr_t *targets, size_t num_targets, const uintptr_t *sources, size_t count, tlgo_gradient_options o, uintptr_t *gradients) {
  tl_gradient_options options;
  tl_gradient_options_init(&options, sizeof options);
  options.unconnected = o.unconnected;
  options.output_gradients = (tl_tensor *const *)o.output_gradients;
  options.reasons = o.reasons;
  return tl_tape_gradient_of((tl_tape *)tape, (tl_tensor *const *)targets, num_targets, (tl_tensor *const *)sources, count, &options, (tl_tensor **)gradients);
}

static inline int32_t tlgo_tape_gradient_rows(uintptr_t tape, const uintptr_t *targets, size_t num_targets, const uintptr_t *sources, size_t count, tlgo_gradient_options o, uintptr_t *gradients, uintptr_t *row_indices) {
  tl_gradient_options options;
  tl_gradient_options_init(&options, sizeof options);
  options.unconnected = o.unconnected;
  options.output_gradients = (tl_tensor *const *)o.output_gradients;
  options.reasons = o.reasons;
  return tl_tape_gradient_rows((tl_tape *)tape, (tl_tensor *const *)targets, num_targets, (tl_tensor *const *)sources, count, &options, (tl_tensor **)gradients, (tl_tensor **)row_indices);
}

static inline int32_t tlgo_tape_watched_variables(uintptr_t tape, uintptr_t *variables, size_t capacity, size_t *count) {
  return tl_tape_watched_variables((tl_tape *)tape, (tl_tensor **)variables, capacity, count);
}

static inline int32_t tlgo_tape_reason(uintptr_t tape, uintptr_t target, uintptr_t source, int32_t *reason) {
  return tl_tape_reason((tl_tape *)tape, (tl_tensor *)target, (tl_tensor *)source, reason);
}

static inline int32_t tlgo_tape_explain(uintptr_t tape, uintptr_t target, uintptr_t source, char *buffer, size_t capacity, size_t *length) {
  return tl_tape_explain((tl_tape *)tape, (tl_tensor *)target, (tl_tensor *)source, buffer, capacity, length);
}

static inline int32_t tlgo_tape_stats(uintptr_t tape, tl_tape_statistics *statistics) {
  return tl_tape_stats((tl_tape *)tape, statistics);
}

static inline int32_t tlgo_tape_memory_by_op(uintptr_t tape, size_t index, tl_tape_memory *memory, size_t *count) {
  return tl_tape_memory_by_op((tl_tape *)tape, index, memory, count);
}

static inline int32_t tlgo_tape_dot(uintptr_t tape, char *buffer, size_t capacity, size_t *length) {
  return tl_tape_dot((tl_tape *)tape, buffer, capacity, length);
}

static inline uintptr_t tlgo_tape_keep(uintptr_t tape) {
  return (uintptr_t)tl_tape_keep((tl_tape *)tape);
}

static inline void tlgo_tape_release(uintptr_t tape) {
  tl_tape_release((tl_tape *)tape);
}

static inline uintptr_t tlgo_tensor_new(uintptr_t context, int32_t dtype, const int64_t *dims, size_t rank, const uint8_t *data, size_t bytes) {
  return (uintptr_t)tl_tensor_new((tl_context *)context, dtype, dims, rank, (const void *)data, bytes);
}

static inline uintptr_t tlgo_scalar(uintptr_t context, int32_t dtype, double value) {
  return (uintptr_t)tl_scalar((tl_context *)context, dtype, value);
}

static inline uintptr_t tlgo_tensor_retain(uintptr_t tensor) {
  return (uintptr_t)tl_tensor_retain((tl_tensor *)tensor);
}

static inline void tlgo_tensor_release(uintptr_t tensor) {
  tl_tensor_release((tl_tensor *)tensor);
}

static inline void tlgo_tensors_release(const uintptr_t *tensors, size_t count) {
  tl_tensors_release((tl_tensor *const *)tensors, count);
}

static inline int32_t tlgo_tensor_dtype(uintptr_t tensor) {
  return tl_tensor_dtype((tl_tensor *)tensor);
}

static inline size_t tlgo_tensor_rank(uintptr_t tensor) {
  return tl_tensor_rank((tl_tensor *)tensor);
}

static inline int64_t tlgo_tensor_dim(uintptr_t tensor, int64_t axis) {
  return tl_tensor_dim((tl_tensor *)tensor, axis);
}

static inline int64_t tlgo_tensor_elements(uintptr_t tensor) {
  return tl_tensor_elements((tl_tensor *)tensor);
}

static inline int32_t tlgo_tensor_shape(uintptr_t tensor, int64_t *dims, size_t capacity) {
  return tl_tensor_shape((tl_tensor *)tensor, dims, capacity);
}

static inline int32_t tlgo_tensor_read(uintptr_t tensor, uint8_t *data, size_t bytes) {
  return tl_tensor_read((tl_tensor *)tensor, (void *)data, bytes);
}

static inline double tlgo_tensor_item(uintptr_t tensor) {
  return tl_tensor_item((tl_tensor *)tensor);
}

static inline int32_t tlgo_tensor_format(uintptr_t tensor, char *buffer, size_t capacity, size_t *length) {
  return tl_tensor_format((tl_tensor *)tensor, buffer, capacity, length);
}

static inline uintptr_t tlgo_variable_new(uintptr_t context, uintptr_t initial, const char *name, bool trainable) {
  return (uintptr_t)tl_variable_new((tl_context *)context, (tl_tensor *)initial, name, trainable);
}

static inline bool tlgo_is_variable(uintptr_t tensor) {
  return tl_is_variable((tl_tensor *)tensor);
}

static inline uintptr_t tlgo_variable_read(uintptr_t variable) {
  return (uintptr_t)tl_variable_read((tl_tensor *)variable);
}

static inline int32_t tlgo_variable_assign(uintptr_t variable, uintptr_t value) {
  return tl_variable_assign((tl_tensor *)variable, (tl_tensor *)value);
}

static inline const char *tlgo_variable_name(uintptr_t variable) {
  return tl_variable_name((tl_tensor *)variable);
}

static inline bool tlgo_variable_trainable(uintptr_t variable) {
  return tl_variable_trainable((tl_tensor *)variable);
}

static inline int32_t tlgo_variable_set_trainable(uintptr_t variable, bool trainable) {
  return tl_variable_set_trainable((tl_tensor *)variable, trainable);
}

static inline uintptr_t tlgo_trace_start(uintptr_t context, tlgo_trace_options o) {
  tl_trace_options options;
  tl_trace_options_init(&options, sizeof options);
  options.most_events = o.most_events;
  options.no_details = o.no_details;
  return (uintptr_t)tl_trace_start((tl_context *)context, &options);
}

static inline int32_t tlgo_trace_stop(uintptr_t trace) {
  return tl_trace_stop((tl_trace *)trace);
}

static inline int32_t tlgo_trace_begin_span(uintptr_t trace, const char *name) {
  return tl_trace_begin_span((tl_trace *)trace, name);
}

static inline int32_t tlgo_trace_end_span(uintptr_t trace) {
  return tl_trace_end_span((tl_trace *)trace);
}

static inline int32_t tlgo_trace_counter(uintptr_t trace, const char *name, double value) {
  return tl_trace_counter((tl_trace *)trace, name, value);
}

static inline int32_t tlgo_trace_stats(uintptr_t trace, tl_trace_statistics *statistics) {
  return tl_trace_stats((tl_trace *)trace, statistics);
}

static inline int32_t tlgo_trace_write(uintptr_t trace, const char *path) {
  return tl_trace_write((tl_trace *)trace, path);
}

static inline uintptr_t tlgo_trace_keep(uintptr_t trace) {
  return (uintptr_t)tl_trace_keep((tl_trace *)trace);
}

static inline void tlgo_trace_release(uintptr_t trace) {
  tl_trace_release((tl_trace *)trace);
}

static inline uintptr_t tlgo_adamax(uintptr_t context, tlgo_adamax_options o) {
  tl_adamax_options options;
  tl_adamax_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.epsilon_form = o.epsilon_form;
  options.name = o.name;
  return (uintptr_t)tl_adamax((tl_context *)context, &options);
}

static inline uintptr_t tlgo_nadam(uintptr_t context, tlgo_nadam_options o) {
  tl_nadam_options options;
  tl_nadam_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.momentum_decay = o.momentum_decay;
  options.name = o.name;
  return (uintptr_t)tl_nadam((tl_context *)context, &options);
}

static inline uintptr_t tlgo_adagrad(uintptr_t context, tlgo_adagrad_options o) {
  tl_adagrad_options options;
  tl_adagrad_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.initial_accumulator = o.initial_accumulator;
  options.epsilon = o.epsilon;
  options.epsilon_form = o.epsilon_form;
  options.name = o.name;
  return (uintptr_t)tl_adagrad((tl_context *)context, &options);
}

static inline uintptr_t tlgo_adadelta(uintptr_t context, tlgo_adadelta_options o) {
  tl_adadelta_options options;
  tl_adadelta_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.rho = o.rho;
  options.epsilon = o.epsilon;
  options.name = o.name;
  return (uintptr_t)tl_adadelta((tl_context *)context, &options);
}

static inline uintptr_t tlgo_rmsprop(uintptr_t context, tlgo_rmsprop_options o) {
  tl_rmsprop_options options;
  tl_rmsprop_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.rho = o.rho;
  options.momentum = o.momentum;
  options.epsilon = o.epsilon;
  options.centered = o.centered;
  options.epsilon_form = o.epsilon_form;
  options.momentum_form = o.momentum_form;
  options.name = o.name;
  return (uintptr_t)tl_rmsprop((tl_context *)context, &options);
}

static inline uintptr_t tlgo_ftrl(uintptr_t context, tlgo_ftrl_options o) {
  tl_ftrl_options options;
  tl_ftrl_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.learning_rate_power = o.learning_rate_power;
  options.initial_accumulator = o.initial_accumulator;
  options.l1 = o.l1;
  options.l2 = o.l2;
  options.l2_shrinkage = o.l2_shrinkage;
  options.beta = o.beta;
  options.name = o.name;
  return (uintptr_t)tl_ftrl((tl_context *)context, &options);
}

static inline uintptr_t tlgo_lion(uintptr_t context, tlgo_lion_options o) {
  tl_lion_options options;
  tl_lion_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.name = o.name;
  return (uintptr_t)tl_lion((tl_context *)context, &options);
}

static inline uintptr_t tlgo_lamb(uintptr_t context, tlgo_lamb_options o) {
  tl_lamb_options options;
  tl_lamb_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.weight_decay = o.weight_decay;
  options.name = o.name;
  return (uintptr_t)tl_lamb((tl_context *)context, &options);
}

static inline uintptr_t tlgo_adafactor(uintptr_t context, tlgo_adafactor_options o) {
  tl_adafactor_options options;
  tl_adafactor_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta2_decay = o.beta2_decay;
  options.epsilon1 = o.epsilon1;
  options.epsilon2 = o.epsilon2;
  options.clip_threshold = o.clip_threshold;
  options.epsilon_form = o.epsilon_form;
  options.name = o.name;
  return (uintptr_t)tl_adafactor((tl_context *)context, &options);
}

static inline uintptr_t tlgo_muon(uintptr_t context, tlgo_muon_options o) {
  tl_muon_options options;
  tl_muon_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.momentum = o.momentum;
  options.no_nesterov = o.no_nesterov;
  options.ns_steps = o.ns_steps;
  options.scale = o.scale;
  options.adam_rate_ratio = o.adam_rate_ratio;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.name = o.name;
  return (uintptr_t)tl_muon((tl_context *)context, &options);
}

static inline uintptr_t tlgo_schedule_free_adamw(uintptr_t context, tlgo_schedule_free_adamw_options o) {
  tl_schedule_free_adamw_options options;
  tl_schedule_free_adamw_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.epsilon = o.epsilon;
  options.weight_decay = o.weight_decay;
  options.warmup_steps = o.warmup_steps;
  options.name = o.name;
  return (uintptr_t)tl_schedule_free_adamw((tl_context *)context, &options);
}

static inline int32_t tlgo_optimizer_add_slot(uintptr_t optimizer, const char *name, int32_t kind, double first_value) {
  return tl_optimizer_add_slot((tl_optimizer *)optimizer, name, kind, first_value);
}

static inline int32_t tlgo_metric_add_state(uintptr_t metric, const char *name, const int64_t *dims, size_t rank, double first_value) {
  return tl_metric_add_state((tl_metric *)metric, name, dims, rank, first_value);
}

static inline int32_t tlgo_metric_update_with(uintptr_t metric, const uintptr_t *inputs, size_t count) {
  return tl_metric_update_with((tl_metric *)metric, (tl_tensor *const *)inputs, count);
}

static inline uintptr_t tlgo_forward_begin(uintptr_t context, const uintptr_t *primals, const uintptr_t *tangents, size_t count) {
  return (uintptr_t)tl_forward_begin((tl_context *)context, (tl_tensor *const *)primals, (tl_tensor *const *)tangents, count);
}

static inline int32_t tlgo_forward_tangent(uintptr_t forward, uintptr_t tensor, int32_t unconnected, uintptr_t *tangent) {
  return tl_forward_tangent((tl_forward *)forward, (tl_tensor *)tensor, unconnected, (tl_tensor **)tangent);
}

static inline int32_t tlgo_forward_end(uintptr_t forward) {
  return tl_forward_end((tl_forward *)forward);
}

static inline int32_t tlgo_forward_resume(uintptr_t forward) {
  return tl_forward_resume((tl_forward *)forward);
}

static inline uintptr_t tlgo_forward_keep(uintptr_t forward) {
  return (uintptr_t)tl_forward_keep((tl_forward *)forward);
}

static inline void tlgo_forward_release(uintptr_t forward) {
  tl_forward_release((tl_forward *)forward);
}

static inline int32_t tlgo_function_call(uintptr_t function, const uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs, size_t num_outputs) {
  return tl_function_call((tl_function *)function, (tl_tensor *const *)inputs, num_inputs, (tl_tensor **)outputs, num_outputs);
}

static inline int32_t tlgo_function_call_items(uintptr_t function, const uintptr_t *inputs, size_t num_inputs, double *items, size_t num_items) {
  return tl_function_call_items((tl_function *)function, (tl_tensor *const *)inputs, num_inputs, items, num_items);
}

static inline int32_t tlgo_function_run_n(uintptr_t function, size_t steps, const uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs, size_t num_outputs, size_t *done) {
  return tl_function_run_n((tl_function *)function, steps, (tl_tensor *const *)inputs, num_inputs, (tl_tensor **)outputs, num_outputs, done);
}

static inline int32_t tlgo_function_set_flags(uintptr_t function, int64_t flags) {
  return tl_function_set_flags((tl_function *)function, flags);
}

static inline int32_t tlgo_function_forget(uintptr_t function) {
  return tl_function_forget((tl_function *)function);
}

static inline int32_t tlgo_function_stats(uintptr_t function, tl_function_statistics *statistics) {
  return tl_function_stats((tl_function *)function, statistics);
}

static inline int32_t tlgo_function_retrace_reason(uintptr_t function, size_t index, char *buffer, size_t capacity, size_t *length, size_t *count) {
  return tl_function_retrace_reason((tl_function *)function, index, buffer, capacity, length, count);
}

static inline int32_t tlgo_function_text(uintptr_t function, char *buffer, size_t capacity, size_t *length) {
  return tl_function_text((tl_function *)function, buffer, capacity, length);
}

static inline int32_t tlgo_function_dot(uintptr_t function, char *buffer, size_t capacity, size_t *length) {
  return tl_function_dot((tl_function *)function, buffer, capacity, length);
}

static inline uintptr_t tlgo_function_keep(uintptr_t function) {
  return (uintptr_t)tl_function_keep((tl_function *)function);
}

static inline void tlgo_function_release(uintptr_t function) {
  tl_function_release((tl_function *)function);
}

static inline int32_t tlgo_optimizer_add_group(uintptr_t optimizer, uintptr_t group, const uintptr_t *variables, size_t count, double rate_multiplier) {
  return tl_optimizer_add_group((tl_optimizer *)optimizer, (tl_optimizer *)group, (tl_tensor *const *)variables, count, rate_multiplier);
}

static inline int32_t tlgo_tape_jacobian(uintptr_t tape, uintptr_t target, const uintptr_t *sources, size_t count, tlgo_jacobian_options o, uintptr_t *jacobians) {
  tl_jacobian_options options;
  tl_jacobian_options_init(&options, sizeof options);
  options.way = o.way;
  options.unconnected = o.unconnected;
  options.memory_budget = o.memory_budget;
  options.check_independence = o.check_independence;
  options.reasons = o.reasons;
  return tl_tape_jacobian((tl_tape *)tape, (tl_tensor *)target, (tl_tensor *const *)sources, count, &options, (tl_tensor **)jacobians);
}

static inline int32_t tlgo_tape_batch_jacobian(uintptr_t tape, uintptr_t target, uintptr_t source, tlgo_jacobian_options o, uintptr_t *jacobian) {
  tl_jacobian_options options;
  tl_jacobian_options_init(&options, sizeof options);
  options.way = o.way;
  options.unconnected = o.unconnected;
  options.memory_budget = o.memory_budget;
  options.check_independence = o.check_independence;
  options.reasons = o.reasons;
  return tl_tape_batch_jacobian((tl_tape *)tape, (tl_tensor *)target, (tl_tensor *)source, &options, (tl_tensor **)jacobian);
}

static inline uintptr_t tlgo_read_image(uintptr_t context, const char *path, tlgo_image_options o) {
  tl_image_options options;
  tl_image_options_init(&options, sizeof options);
  options.channels = o.channels;
  options.max_bytes = o.max_bytes;
  return (uintptr_t)tl_read_image((tl_context *)context, path, &options);
}

static inline uintptr_t tlgo_decode_image(uintptr_t context, const uint8_t *data, size_t bytes, tlgo_image_options o) {
  tl_image_options options;
  tl_image_options_init(&options, sizeof options);
  options.channels = o.channels;
  options.max_bytes = o.max_bytes;
  return (uintptr_t)tl_decode_image((tl_context *)context, (const void *)data, bytes, &options);
}

static inline uintptr_t tlgo_dataset_from_image_folder(uintptr_t context, const char *folder, tlgo_image_options o) {
  tl_image_options options;
  tl_image_options_init(&options, sizeof options);
  options.channels = o.channels;
  options.max_bytes = o.max_bytes;
  return (uintptr_t)tl_dataset_from_image_folder((tl_context *)context, folder, &options);
}

static inline uintptr_t tlgo_image_folder_labels(uintptr_t context, const char *folder) {
  return (uintptr_t)tl_image_folder_labels((tl_context *)context, folder);
}

static inline uintptr_t tlgo_read_wav(uintptr_t context, const char *path, int32_t *rate) {
  return (uintptr_t)tl_read_wav((tl_context *)context, path, rate);
}

static inline uintptr_t tlgo_lbfgs(uintptr_t context, tlgo_lbfgs_options o) {
  tl_lbfgs_options options;
  tl_lbfgs_options_init(&options, sizeof options);
  options.learning_rate = o.learning_rate;
  options.history_size = o.history_size;
  options.max_iterations = o.max_iterations;
  options.gradient_tolerance = o.gradient_tolerance;
  options.change_tolerance = o.change_tolerance;
  options.sufficient_decrease = o.sufficient_decrease;
  options.curvature = o.curvature;
  options.name = o.name;
  return (uintptr_t)tl_lbfgs((tl_context *)context, &options);
}

static inline uintptr_t tlgo_initialize(uintptr_t context, int32_t dtype, const int64_t *dims, size_t rank, int32_t initializer, double parameter) {
  return (uintptr_t)tl_initialize((tl_context *)context, dtype, dims, rank, initializer, parameter);
}

static inline uintptr_t tlgo_dense(uintptr_t context, int64_t units, tlgo_dense_options o) {
  tl_dense_options options;
  tl_dense_options_init(&options, sizeof options);
  options.input_size = o.input_size;
  options.activation = o.activation;
  options.no_bias = o.no_bias;
  options.kernel_initializer = o.kernel_initializer;
  options.kernel_parameter = o.kernel_parameter;
  options.bias_initializer = o.bias_initializer;
  options.bias_parameter = o.bias_parameter;
  options.dtype = o.dtype;
  options.name = o.name;
  return (uintptr_t)tl_dense((tl_context *)context, units, &options);
}

static inline uintptr_t tlgo_dropout_layer(uintptr_t context, double rate, tlgo_layer_options o) {
  tl_layer_options options;
  tl_layer_options_init(&options, sizeof options);
  options.name = o.name;
  return (uintptr_t)tl_dropout_layer((tl_context *)context, rate, &options);
}

static inline uintptr_t tlgo_flatten_layer(uintptr_t context, tlgo_layer_options o) {
  tl_layer_options options;
  tl_layer_options_init(&options, sizeof options);
  options.name = o.name;
  return (uintptr_t)tl_flatten_layer((tl_context *)context, &options);
}

static inline uintptr_t tlgo_activation_layer(uintptr_t context, int32_t activation, tlgo_layer_options o) {
  tl_layer_options options;
  tl_layer_options_init(&options, sizeof options);
  options.name = o.name;
  return (uintptr_t)tl_activation_layer((tl_context *)context, activation, &options);
}

static inline uintptr_t tlgo_batch_normalization(uintptr_t context, tlgo_batch_normalization_options o) {
  tl_batch_normalization_options options;
  tl_batch_normalization_options_init(&options, sizeof options);
  options.momentum = o.momentum;
  options.epsilon = o.epsilon;
  options.no_scale = o.no_scale;
  options.no_center = o.no_center;
  options.dtype = o.dtype;
  options.name = o.name;
  return (uintptr_t)tl_batch_normalization((tl_context *)context, &options);
}

static inline uintptr_t tlgo_layer_normalization(uintptr_t context, tlgo_layer_normalization_options o) {
  tl_layer_normalization_options options;
  tl_layer_normalization_options_init(&options, sizeof options);
  options.epsilon = o.epsilon;
  options.no_scale = o.no_scale;
  options.no_center = o.no_center;
  options.dtype = o.dtype;
  options.name = o.name;
  return (uintptr_t)tl_layer_normalization((tl_context *)context, &options);
}

static inline uintptr_t tlgo_sequential(uintptr_t context, const uintptr_t *layers, size_t count) {
  return (uintptr_t)tl_sequential((tl_context *)context, (tl_layer *const *)layers, count);
}

static inline uintptr_t tlgo_sequential_named(uintptr_t context, const uintptr_t *layers, size_t count, const char *name) {
  return (uintptr_t)tl_sequential_named((tl_context *)context, (tl_layer *const *)layers, count, name);
}

static inline uintptr_t tlgo_layer_call(uintptr_t layer, uintptr_t x, bool training) {
  return (uintptr_t)tl_layer_call((tl_layer *)layer, (tl_tensor *)x, training);
}

static inline int32_t tlgo_layer_build(uintptr_t layer, const int64_t *dims, size_t rank) {
  return tl_layer_build((tl_layer *)layer, dims, rank);
}

static inline const uintptr_t *tlgo_layer_variables(uintptr_t layer, size_t *count) {
  return (const uintptr_t *)tl_layer_variables((tl_layer *)layer, count);
}

static inline const uintptr_t *tlgo_layer_trainable_variables(uintptr_t layer, size_t *count) {
  return (const uintptr_t *)tl_layer_trainable_variables((tl_layer *)layer, count);
}

static inline const char *tlgo_layer_name(uintptr_t layer) {
  return tl_layer_name((tl_layer *)layer);
}

static inline int32_t tlgo_layer_summary(uintptr_t layer, char *buffer, size_t capacity, size_t *length) {
  return tl_layer_summary((tl_layer *)layer, buffer, capacity, length);
}

static inline int32_t tlgo_layer_dot(uintptr_t layer, char *buffer, size_t capacity, size_t *length) {
  return tl_layer_dot((tl_layer *)layer, buffer, capacity, length);
}

static inline uintptr_t tlgo_layer_keep(uintptr_t layer) {
  return (uintptr_t)tl_layer_keep((tl_layer *)layer);
}

static inline void tlgo_layer_release(uintptr_t layer) {
  tl_layer_release((tl_layer *)layer);
}

static inline uintptr_t tlgo_dataset_range(uintptr_t context, int64_t start, int64_t stop, int64_t step) {
  return (uintptr_t)tl_dataset_range((tl_context *)context, start, stop, step);
}

static inline uintptr_t tlgo_dataset_shuffle_buffer(uintptr_t context, uintptr_t source, uint64_t seed, int64_t buffer) {
  return (uintptr_t)tl_dataset_shuffle_buffer((tl_context *)context, (tl_dataset *)source, seed, buffer);
}

static inline uintptr_t tlgo_dataset_repeat(uintptr_t context, uintptr_t source, int64_t count) {
  return (uintptr_t)tl_dataset_repeat((tl_context *)context, (tl_dataset *)source, count);
}

static inline uintptr_t tlgo_dataset_concatenate(uintptr_t context, const uintptr_t *sources, size_t count) {
  return (uintptr_t)tl_dataset_concatenate((tl_context *)context, (tl_dataset *const *)sources, count);
}

static inline uintptr_t tlgo_dataset_zip(uintptr_t context, const uintptr_t *sources, size_t count) {
  return (uintptr_t)tl_dataset_zip((tl_context *)context, (tl_dataset *const *)sources, count);
}

static inline uintptr_t tlgo_dataset_interleave(uintptr_t context, const uintptr_t *sources, size_t count, int64_t cycle, int64_t block) {
  return (uintptr_t)tl_dataset_interleave((tl_context *)context, (tl_dataset *const *)sources, count, cycle, block);
}

static inline uintptr_t tlgo_dataset_sample_from(uintptr_t context, const uintptr_t *sources, const double *weights, size_t count, uint64_t seed, bool stop_on_empty) {
  return (uintptr_t)tl_dataset_sample_from((tl_context *)context, (tl_dataset *const *)sources, weights, count, seed, stop_on_empty);
}

static inline int32_t tlgo_dataset_set_weights(uintptr_t dataset, const double *weights, size_t count) {
  return tl_dataset_set_weights((tl_dataset *)dataset, weights, count);
}

static inline uintptr_t tlgo_dataset_padded_batch(uintptr_t context, uintptr_t source, int64_t batch_size, bool drop_remainder, const double *padding, size_t num_padding) {
  return (uintptr_t)tl_dataset_padded_batch((tl_context *)context, (tl_dataset *)source, batch_size, drop_remainder, padding, num_padding);
}

static inline uintptr_t tlgo_dataset_bucket_by_length(uintptr_t context, uintptr_t source, size_t position, const int64_t *boundaries, size_t num_boundaries, const int64_t *sizes, size_t num_sizes, bool drop_remainder, const double *padding, size_t num_padding) {
  return (uintptr_t)tl_dataset_bucket_by_length((tl_context *)context, (tl_dataset *)source, position, boundaries, num_boundaries, sizes, num_sizes, drop_remainder, padding, num_padding);
}

static inline uintptr_t tlgo_dataset_unbatch(uintptr_t context, uintptr_t source) {
  return (uintptr_t)tl_dataset_unbatch((tl_context *)context, (tl_dataset *)source);
}

static inline uintptr_t tlgo_dataset_window(uintptr_t context, uintptr_t source, int64_t size, int64_t shift, bool drop_remainder) {
  return (uintptr_t)tl_dataset_window((tl_context *)context, (tl_dataset *)source, size, shift, drop_remainder);
}

static inline uintptr_t tlgo_dataset_cache(uintptr_t context, uintptr_t source) {
  return (uintptr_t)tl_dataset_cache((tl_context *)context, (tl_dataset *)source);
}

static inline uintptr_t tlgo_dataset_prefetch(uintptr_t context, uintptr_t source, int64_t count) {
  return (uintptr_t)tl_dataset_prefetch((tl_context *)context, (tl_dataset *)source, count);
}

static inline int32_t tlgo_dataset_save_position(uintptr_t dataset, uint8_t *bytes, size_t capacity, size_t *length) {
  return tl_dataset_save_position((tl_dataset *)dataset, bytes, capacity, length);
}

static inline int32_t tlgo_dataset_restore_position(uintptr_t dataset, const uint8_t *bytes, size_t length) {
  return tl_dataset_restore_position((tl_dataset *)dataset, bytes, length);
}

static inline double tlgo_dataset_waited(uintptr_t dataset) {
  return tl_dataset_waited((tl_dataset *)dataset);
}

static inline double tlgo_dataset_input_wait(uintptr_t dataset) {
  return tl_dataset_input_wait((tl_dataset *)dataset);
}

static inline int32_t tlgo_pullback_gradients(uintptr_t pullback, const uintptr_t *output_gradients, size_t num_values, uintptr_t *gradients, size_t count) {
  return tl_pullback_gradients((tl_pullback *)pullback, (tl_tensor *const *)output_gradients, num_values, (tl_tensor **)gradients, count);
}

static inline uintptr_t tlgo_pullback_keep(uintptr_t pullback) {
  return (uintptr_t)tl_pullback_keep((tl_pullback *)pullback);
}

static inline void tlgo_pullback_release(uintptr_t pullback) {
  tl_pullback_release((tl_pullback *)pullback);
}

static inline uintptr_t tlgo_dataset_from_tfrecord(uintptr_t context, const char *path) {
  return (uintptr_t)tl_dataset_from_tfrecord((tl_context *)context, path);
}

static inline int32_t tlgo_write_tfrecord(uintptr_t context, const char *path, const uintptr_t *records, size_t count) {
  return tl_write_tfrecord((tl_context *)context, path, (tl_tensor *const *)records, count);
}

static inline uintptr_t tlgo_parse_example(uintptr_t context, uintptr_t record) {
  return (uintptr_t)tl_parse_example((tl_context *)context, (tl_tensor *)record);
}

static inline uintptr_t tlgo_dataset_from_cifar10_folder(uintptr_t context, const char *folder, int32_t part) {
  return (uintptr_t)tl_dataset_from_cifar10_folder((tl_context *)context, folder, part);
}

static inline uintptr_t tlgo_dataset_from_cifar100_folder(uintptr_t context, const char *folder, int32_t part) {
  return (uintptr_t)tl_dataset_from_cifar100_folder((tl_context *)context, folder, part);
}

static inline uintptr_t tlgo_schedule_constant(uintptr_t context, double rate) {
  return (uintptr_t)tl_schedule_constant((tl_context *)context, rate);
}

static inline uintptr_t tlgo_schedule_piecewise_constant(uintptr_t context, const int64_t *boundaries, size_t num_boundaries, const double *rates, size_t num_rates) {
  return (uintptr_t)tl_schedule_piecewise_constant((tl_context *)context, boundaries, num_boundaries, rates, num_rates);
}

static inline uintptr_t tlgo_schedule_exponential(uintptr_t context, double rate, int64_t decay_steps, double decay_rate, bool staircase) {
  return (uintptr_t)tl_schedule_exponential((tl_context *)context, rate, decay_steps, decay_rate, staircase);
}

static inline uintptr_t tlgo_schedule_inverse_time(uintptr_t context, double rate, int64_t decay_steps, double decay_rate, bool staircase) {
  return (uintptr_t)tl_schedule_inverse_time((tl_context *)context, rate, decay_steps, decay_rate, staircase);
}

static inline uintptr_t tlgo_schedule_polynomial(uintptr_t context, double rate, double end_rate, int64_t decay_steps, double power, bool cycle) {
  return (uintptr_t)tl_schedule_polynomial((tl_context *)context, rate, end_rate, decay_steps, power, cycle);
}

static inline uintptr_t tlgo_schedule_cosine(uintptr_t context, double rate, int64_t decay_steps, double alpha) {
  return (uintptr_t)tl_schedule_cosine((tl_context *)context, rate, decay_steps, alpha);
}

static inline uintptr_t tlgo_schedule_cosine_restarts(uintptr_t context, double rate, int64_t decay_steps, double t_mul, double m_mul, double alpha) {
  return (uintptr_t)tl_schedule_cosine_restarts((tl_context *)context, rate, decay_steps, t_mul, m_mul, alpha);
}

static inline uintptr_t tlgo_schedule_one_cycle(uintptr_t context, double max_rate, int64_t total_steps, tlgo_one_cycle_options o) {
  tl_one_cycle_options options;
  tl_one_cycle_options_init(&options, sizeof options);
  options.warmup_fraction = o.warmup_fraction;
  options.div_factor = o.div_factor;
  options.final_div_factor = o.final_div_factor;
  options.linear = o.linear;
  return (uintptr_t)tl_schedule_one_cycle((tl_context *)context, max_rate, total_steps, &options);
}

static inline uintptr_t tlgo_schedule_warmup(uintptr_t context, double start_rate, int64_t steps, uintptr_t then) {
  return (uintptr_t)tl_schedule_warmup((tl_context *)context, start_rate, steps, (tl_schedule *)then);
}

static inline uintptr_t tlgo_schedule_sequence(uintptr_t context, const uintptr_t *schedules, size_t num_schedules, const int64_t *boundaries, size_t num_boundaries) {
  return (uintptr_t)tl_schedule_sequence((tl_context *)context, (tl_schedule *const *)schedules, num_schedules, boundaries, num_boundaries);
}

static inline uintptr_t tlgo_schedule_plateau(uintptr_t context, uintptr_t base, tlgo_plateau_options o) {
  tl_plateau_options options;
  tl_plateau_options_init(&options, sizeof options);
  options.factor = o.factor;
  options.patience = o.patience;
  options.min_delta = o.min_delta;
  options.cooldown = o.cooldown;
  options.min_rate = o.min_rate;
  options.maximize = o.maximize;
  options.name = o.name;
  return (uintptr_t)tl_schedule_plateau((tl_context *)context, (tl_schedule *)base, &options);
}

static inline int32_t tlgo_schedule_report(uintptr_t schedule, double metric, bool *reduced) {
  return tl_schedule_report((tl_schedule *)schedule, metric, reduced);
}

static inline int32_t tlgo_optimizer_check_plateau(uintptr_t optimizer, uintptr_t schedule, bool maximize) {
  return tl_optimizer_check_plateau((tl_optimizer *)optimizer, (tl_schedule *)schedule, maximize);
}

static inline double tlgo_schedule_rate(uintptr_t schedule, int64_t step) {
  return tl_schedule_rate((tl_schedule *)schedule, step);
}

static inline uintptr_t tlgo_schedule_keep(uintptr_t schedule) {
  return (uintptr_t)tl_schedule_keep((tl_schedule *)schedule);
}

static inline void tlgo_schedule_release(uintptr_t schedule) {
  tl_schedule_release((tl_schedule *)schedule);
}

static inline int32_t tlgo_optimizer_set_schedule(uintptr_t optimizer, uintptr_t schedule) {
  return tl_optimizer_set_schedule((tl_optimizer *)optimizer, (tl_schedule *)schedule);
}

static inline int32_t tlgo_optimizer_configure(uintptr_t optimizer, tlgo_step_options o) {
  tl_step_options options;
  tl_step_options_init(&options, sizeof options);
  options.gradient_accumulation_steps = o.gradient_accumulation_steps;
  options.clip_value = o.clip_value;
  options.clip_norm = o.clip_norm;
  options.global_clip_norm = o.global_clip_norm;
  options.weight_decay = o.weight_decay;
  options.use_ema = o.use_ema;
  options.ema_momentum = o.ema_momentum;
  options.ema_overwrite_frequency = o.ema_overwrite_frequency;
  options.loss_scale_factor = o.loss_scale_factor;
  options.dynamic_loss_scale = o.dynamic_loss_scale;
  options.initial_loss_scale = o.initial_loss_scale;
  options.loss_scale_growth_interval = o.loss_scale_growth_interval;
  options.min_loss_scale = o.min_loss_scale;
  options.max_loss_scale = o.max_loss_scale;
  options.non_finite = o.non_finite;
  options.weight_decay_form = o.weight_decay_form;
  options.lookahead_steps = o.lookahead_steps;
  options.lookahead_alpha = o.lookahead_alpha;
  options.adaptive_clip_factor = o.adaptive_clip_factor;
  options.adaptive_clip_epsilon = o.adaptive_clip_epsilon;
  return tl_optimizer_configure((tl_optimizer *)optimizer, &options);
}

static inline int32_t tlgo_optimizer_exclude_from_weight_decay(uintptr_t optimizer, const uintptr_t *variables, size_t count) {
  return tl_optimizer_exclude_from_weight_decay((tl_optimizer *)optimizer, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_optimizer_overwrite_with_gradient(uintptr_t optimizer, const uintptr_t *variables, size_t count) {
  return tl_optimizer_overwrite_with_gradient((tl_optimizer *)optimizer, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_optimizer_constrain_range(uintptr_t optimizer, double min, double max, const uintptr_t *variables, size_t count) {
  return tl_optimizer_constrain_range((tl_optimizer *)optimizer, min, max, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_optimizer_constrain_norm(uintptr_t optimizer, double min, double max, double rate, const int64_t *axes, size_t num_axes, const uintptr_t *variables, size_t count) {
  return tl_optimizer_constrain_norm((tl_optimizer *)optimizer, min, max, rate, axes, num_axes, (tl_tensor *const *)variables, count);
}

static inline uintptr_t tlgo_optimizer_scale_loss(uintptr_t optimizer, uintptr_t loss) {
  return (uintptr_t)tl_optimizer_scale_loss((tl_optimizer *)optimizer, (tl_tensor *)loss);
}

static inline double tlgo_optimizer_loss_scale(uintptr_t optimizer) {
  return tl_optimizer_loss_scale((tl_optimizer *)optimizer);
}

static inline int64_t tlgo_optimizer_skipped_steps(uintptr_t optimizer) {
  return tl_optimizer_skipped_steps((tl_optimizer *)optimizer);
}

static inline int32_t tlgo_optimizer_swap_averages(uintptr_t optimizer, const uintptr_t *variables, size_t count) {
  return tl_optimizer_swap_averages((tl_optimizer *)optimizer, (tl_tensor *const *)variables, count);
}

static inline uintptr_t tlgo_checkpoint_new(uintptr_t context) {
  return (uintptr_t)tl_checkpoint_new((tl_context *)context);
}

static inline int32_t tlgo_checkpoint_add_variable(uintptr_t checkpoint, const char *name, uintptr_t variable) {
  return tl_checkpoint_add_variable((tl_checkpoint *)checkpoint, name, (tl_tensor *)variable);
}

static inline int32_t tlgo_checkpoint_add_layer(uintptr_t checkpoint, const char *name, uintptr_t layer) {
  return tl_checkpoint_add_layer((tl_checkpoint *)checkpoint, name, (tl_layer *)layer);
}

static inline int32_t tlgo_checkpoint_add_optimizer(uintptr_t checkpoint, const char *name, uintptr_t optimizer) {
  return tl_checkpoint_add_optimizer((tl_checkpoint *)checkpoint, name, (tl_optimizer *)optimizer);
}

static inline int32_t tlgo_checkpoint_add_metric(uintptr_t checkpoint, const char *name, uintptr_t metric) {
  return tl_checkpoint_add_metric((tl_checkpoint *)checkpoint, name, (tl_metric *)metric);
}

static inline int32_t tlgo_checkpoint_add_dataset(uintptr_t checkpoint, const char *name, uintptr_t dataset) {
  return tl_checkpoint_add_dataset((tl_checkpoint *)checkpoint, name, (tl_dataset *)dataset);
}

static inline int32_t tlgo_checkpoint_add_random(uintptr_t checkpoint, const char *name) {
  return tl_checkpoint_add_random((tl_checkpoint *)checkpoint, name);
}

static inline int32_t tlgo_checkpoint_set_int64(uintptr_t checkpoint, const char *name, int64_t value) {
  return tl_checkpoint_set_int64((tl_checkpoint *)checkpoint, name, value);
}

static inline int32_t tlgo_checkpoint_set_double(uintptr_t checkpoint, const char *name, double value) {
  return tl_checkpoint_set_double((tl_checkpoint *)checkpoint, name, value);
}

static inline int32_t tlgo_checkpoint_set_text(uintptr_t checkpoint, const char *name, const char *text) {
  return tl_checkpoint_set_text((tl_checkpoint *)checkpoint, name, text);
}

static inline int32_t tlgo_checkpoint_get_int64(uintptr_t checkpoint, const char *name, int64_t *value) {
  return tl_checkpoint_get_int64((tl_checkpoint *)checkpoint, name, value);
}

static inline int32_t tlgo_checkpoint_get_double(uintptr_t checkpoint, const char *name, double *value) {
  return tl_checkpoint_get_double((tl_checkpoint *)checkpoint, name, value);
}

static inline int32_t tlgo_checkpoint_get_text(uintptr_t checkpoint, const char *name, char *buffer, size_t capacity, size_t *length) {
  return tl_checkpoint_get_text((tl_checkpoint *)checkpoint, name, buffer, capacity, length);
}

static inline int32_t tlgo_checkpoint_save(uintptr_t checkpoint, const char *path) {
  return tl_checkpoint_save((tl_checkpoint *)checkpoint, path);
}

static inline int32_t tlgo_checkpoint_restore(uintptr_t checkpoint, const char *path) {
  return tl_checkpoint_restore((tl_checkpoint *)checkpoint, path);
}

static inline int32_t tlgo_checkpoint_restore_partly(uintptr_t checkpoint, const char *path, char *buffer, size_t capacity, size_t *length) {
  return tl_checkpoint_restore_partly((tl_checkpoint *)checkpoint, path, buffer, capacity, length);
}

static inline uintptr_t tlgo_checkpoint_keep(uintptr_t checkpoint) {
  return (uintptr_t)tl_checkpoint_keep((tl_checkpoint *)checkpoint);
}

static inline void tlgo_checkpoint_release(uintptr_t checkpoint) {
  tl_checkpoint_release((tl_checkpoint *)checkpoint);
}

static inline uintptr_t tlgo_checkpoint_manager_new(uintptr_t context, uintptr_t checkpoint, const char *folder, tlgo_checkpoint_manager_options o) {
  tl_checkpoint_manager_options options;
  tl_checkpoint_manager_options_init(&options, sizeof options);
  options.max_to_keep = o.max_to_keep;
  options.best = o.best;
  options.keep_every = o.keep_every;
  options.asynchronous = o.asynchronous;
  return (uintptr_t)tl_checkpoint_manager_new((tl_context *)context, (tl_checkpoint *)checkpoint, folder, &options);
}

static inline int32_t tlgo_checkpoint_manager_save(uintptr_t manager, int64_t step, double metric) {
  return tl_checkpoint_manager_save((tl_checkpoint_manager *)manager, step, metric);
}

static inline int32_t tlgo_checkpoint_manager_take(uintptr_t manager) {
  return tl_checkpoint_manager_take((tl_checkpoint_manager *)manager);
}

static inline int32_t tlgo_checkpoint_manager_wait(uintptr_t manager) {
  return tl_checkpoint_manager_wait((tl_checkpoint_manager *)manager);
}

static inline int64_t tlgo_checkpoint_manager_latest(uintptr_t manager) {
  return tl_checkpoint_manager_latest((tl_checkpoint_manager *)manager);
}

static inline int64_t tlgo_checkpoint_manager_best(uintptr_t manager) {
  return tl_checkpoint_manager_best((tl_checkpoint_manager *)manager);
}

static inline int32_t tlgo_checkpoint_manager_steps(uintptr_t manager, int64_t *steps, size_t capacity, size_t *count) {
  return tl_checkpoint_manager_steps((tl_checkpoint_manager *)manager, steps, capacity, count);
}

static inline int32_t tlgo_checkpoint_manager_restore(uintptr_t manager, int64_t step) {
  return tl_checkpoint_manager_restore((tl_checkpoint_manager *)manager, step);
}

static inline int32_t tlgo_checkpoint_manager_restore_latest(uintptr_t manager, int64_t *step) {
  return tl_checkpoint_manager_restore_latest((tl_checkpoint_manager *)manager, step);
}

static inline uintptr_t tlgo_checkpoint_manager_keep(uintptr_t manager) {
  return (uintptr_t)tl_checkpoint_manager_keep((tl_checkpoint_manager *)manager);
}

static inline void tlgo_checkpoint_manager_release(uintptr_t manager) {
  tl_checkpoint_manager_release((tl_checkpoint_manager *)manager);
}

static inline int32_t tlgo_measure_peaks(uintptr_t context, tlgo_peak_options o, tl_machine_peaks *peaks) {
  tl_peak_options options;
  tl_peak_options_init(&options, sizeof options);
  options.turns = o.turns;
  return tl_measure_peaks((tl_context *)context, &options, peaks);
}

static inline int32_t tlgo_function_bound(uintptr_t function, tlgo_machine_peaks o, tl_bound_statistics *bound) {
  tl_machine_peaks peaks;
  tl_machine_peaks_init(&peaks, sizeof peaks);
  peaks.threads = o.threads;
  peaks.flops = o.flops;
  peaks.l1_bytes = o.l1_bytes;
  peaks.l2_bytes = o.l2_bytes;
  peaks.l3_bytes = o.l3_bytes;
  peaks.l1_bandwidth = o.l1_bandwidth;
  peaks.l2_bandwidth = o.l2_bandwidth;
  peaks.l3_bandwidth = o.l3_bandwidth;
  peaks.dram_bandwidth = o.dram_bandwidth;
  return tl_function_bound((tl_function *)function, &peaks, bound);
}

static inline uintptr_t tlgo_group_new(uintptr_t context, tlgo_group_options o) {
  tl_group_options options;
  tl_group_options_init(&options, sizeof options);
  options.timeout_seconds = o.timeout_seconds;
  options.backend = o.backend;
  options.plugin_folder = o.plugin_folder;
  options.rank = o.rank;
  options.size = o.size;
  options.address = o.address;
  options.port = o.port;
  options.job = o.job;
  options.token = o.token;
  options.generation = o.generation;
  options.lease_seconds = o.lease_seconds;
  return (uintptr_t)tl_group_new((tl_context *)context, &options);
}

static inline void tlgo_mpi_end(void) {
  tl_mpi_end();
}

static inline uintptr_t tlgo_rendezvous_new(uintptr_t context, int32_t size) {
  return (uintptr_t)tl_rendezvous_new((tl_context *)context, size);
}

static inline uintptr_t tlgo_group_join(uintptr_t context, uintptr_t rendezvous, int32_t rank, tlgo_group_options o) {
  tl_group_options options;
  tl_group_options_init(&options, sizeof options);
  options.timeout_seconds = o.timeout_seconds;
  options.backend = o.backend;
  options.plugin_folder = o.plugin_folder;
  options.rank = o.rank;
  options.size = o.size;
  options.address = o.address;
  options.port = o.port;
  options.job = o.job;
  options.token = o.token;
  options.generation = o.generation;
  options.lease_seconds = o.lease_seconds;
  return (uintptr_t)tl_group_join((tl_context *)context, (tl_rendezvous *)rendezvous, rank, &options);
}

static inline uintptr_t tlgo_group_split(uintptr_t group, int64_t color, int64_t key) {
  return (uintptr_t)tl_group_split((tl_group *)group, color, key);
}

static inline int32_t tlgo_group_rank(uintptr_t group) {
  return tl_group_rank((tl_group *)group);
}

static inline int32_t tlgo_group_size(uintptr_t group) {
  return tl_group_size((tl_group *)group);
}

static inline int32_t tlgo_group_local_rank(uintptr_t group) {
  return tl_group_local_rank((tl_group *)group);
}

static inline int64_t tlgo_group_steps(uintptr_t group) {
  return tl_group_steps((tl_group *)group);
}

static inline int64_t tlgo_group_generation(uintptr_t group) {
  return tl_group_generation((tl_group *)group);
}

static inline int32_t tlgo_group_set_timeout(uintptr_t group, double seconds) {
  return tl_group_set_timeout((tl_group *)group, seconds);
}

static inline int32_t tlgo_group_set_bucket_bytes(uintptr_t group, uint64_t bytes) {
  return tl_group_set_bucket_bytes((tl_group *)group, bytes);
}

static inline int32_t tlgo_group_set_wire_dtype(uintptr_t group, int32_t dtype) {
  return tl_group_set_wire_dtype((tl_group *)group, dtype);
}

static inline int32_t tlgo_group_set_overlap(uintptr_t group, bool on) {
  return tl_group_set_overlap((tl_group *)group, on);
}

static inline int32_t tlgo_group_leave(uintptr_t group, const char *reason) {
  return tl_group_leave((tl_group *)group, reason);
}

static inline uintptr_t tlgo_group_keep(uintptr_t group) {
  return (uintptr_t)tl_group_keep((tl_group *)group);
}

static inline void tlgo_group_release(uintptr_t group) {
  tl_group_release((tl_group *)group);
}

static inline uintptr_t tlgo_rendezvous_keep(uintptr_t rendezvous) {
  return (uintptr_t)tl_rendezvous_keep((tl_rendezvous *)rendezvous);
}

static inline void tlgo_rendezvous_release(uintptr_t rendezvous) {
  tl_rendezvous_release((tl_rendezvous *)rendezvous);
}

static inline int32_t tlgo_group_barrier(uintptr_t group) {
  return tl_group_barrier((tl_group *)group);
}

static inline uintptr_t tlgo_group_all_reduce(uintptr_t group, uintptr_t x, int32_t reduction) {
  return (uintptr_t)tl_group_all_reduce((tl_group *)group, (tl_tensor *)x, reduction);
}

static inline int32_t tlgo_group_all_reduce_list(uintptr_t group, const uintptr_t *tensors, size_t count, int32_t reduction, uintptr_t *outputs) {
  return tl_group_all_reduce_list((tl_group *)group, (tl_tensor *const *)tensors, count, reduction, (tl_tensor **)outputs);
}

static inline uintptr_t tlgo_group_reduce(uintptr_t group, uintptr_t x, int32_t reduction, int32_t root) {
  return (uintptr_t)tl_group_reduce((tl_group *)group, (tl_tensor *)x, reduction, root);
}

static inline uintptr_t tlgo_group_all_gather(uintptr_t group, uintptr_t x) {
  return (uintptr_t)tl_group_all_gather((tl_group *)group, (tl_tensor *)x);
}

static inline uintptr_t tlgo_group_reduce_scatter(uintptr_t group, uintptr_t x, int32_t reduction) {
  return (uintptr_t)tl_group_reduce_scatter((tl_group *)group, (tl_tensor *)x, reduction);
}

static inline uintptr_t tlgo_group_broadcast(uintptr_t group, uintptr_t x, int32_t root) {
  return (uintptr_t)tl_group_broadcast((tl_group *)group, (tl_tensor *)x, root);
}

static inline uintptr_t tlgo_group_all_to_all(uintptr_t group, uintptr_t x) {
  return (uintptr_t)tl_group_all_to_all((tl_group *)group, (tl_tensor *)x);
}

static inline int32_t tlgo_group_mirror(uintptr_t group, const uintptr_t *variables, size_t count) {
  return tl_group_mirror((tl_group *)group, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_group_check_mirrored(uintptr_t group, const uintptr_t *variables, size_t count) {
  return tl_group_check_mirrored((tl_group *)group, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_group_average_variables(uintptr_t group, const uintptr_t *variables, size_t count) {
  return tl_group_average_variables((tl_group *)group, (tl_tensor *const *)variables, count);
}

static inline uintptr_t tlgo_group_average_loss(uintptr_t group, uintptr_t losses) {
  return (uintptr_t)tl_group_average_loss((tl_group *)group, (tl_tensor *)losses);
}

static inline uintptr_t tlgo_group_metric_result(uintptr_t group, uintptr_t metric) {
  return (uintptr_t)tl_group_metric_result((tl_group *)group, (tl_metric *)metric);
}

static inline uintptr_t tlgo_group_distribute(uintptr_t group, uintptr_t source) {
  return (uintptr_t)tl_group_distribute((tl_group *)group, (tl_dataset *)source);
}

static inline int32_t tlgo_group_shard_optimizer(uintptr_t group, uintptr_t optimizer, const uintptr_t *variables, size_t count) {
  return tl_group_shard_optimizer((tl_group *)group, (tl_optimizer *)optimizer, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_group_apply_sharded(uintptr_t group, uintptr_t optimizer, const uintptr_t *gradients, const uintptr_t *variables, size_t count) {
  return tl_group_apply_sharded((tl_group *)group, (tl_optimizer *)optimizer, (tl_tensor *const *)gradients, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_group_gather_optimizer(uintptr_t group, uintptr_t optimizer, const uintptr_t *variables, size_t count) {
  return tl_group_gather_optimizer((tl_group *)group, (tl_optimizer *)optimizer, (tl_tensor *const *)variables, count);
}

static inline int32_t tlgo_group_vote(uintptr_t group, int64_t step, double weight, bool stop, bool save, tl_group_decision *decision) {
  return tl_group_vote((tl_group *)group, step, weight, stop, save, decision);
}

static inline int32_t tlgo_group_synchronize(uintptr_t group, uintptr_t checkpoint, int64_t step, int64_t *step_of_all) {
  return tl_group_synchronize((tl_group *)group, (tl_checkpoint *)checkpoint, step, step_of_all);
}

static inline int32_t tlgo_group_save(uintptr_t group, uintptr_t manager, int64_t step, double metric) {
  return tl_group_save((tl_group *)group, (tl_checkpoint_manager *)manager, step, metric);
}

static inline int32_t tlgo_group_save_sharded(uintptr_t group, uintptr_t manager, int64_t step, double metric) {
  return tl_group_save_sharded((tl_group *)group, (tl_checkpoint_manager *)manager, step, metric);
}

static inline uintptr_t tlgo_predict(uintptr_t context, uintptr_t model, uintptr_t data) {
  return (uintptr_t)tl_predict((tl_context *)context, (tl_layer *)model, (tl_dataset *)data);
}

#endif
