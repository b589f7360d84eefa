// Made from api.json by bindings/gen/generate. Do not edit.
//! Constants and the layout of structs, as the C compiler has them and as Rust has them.
use std::fmt::Write as _;
use std::mem::{size_of, MaybeUninit};
use std::path::PathBuf;
use std::process::Command;
use std::ptr::addr_of;
use tapeloop_sys::*;

macro_rules! layout {
    ($rows:ident, $kind:ident { $($field:ident),* }) => {
        writeln!($rows, "{} {}", stringify!($kind), size_of::<$kind>()).unwrap();
        let value = MaybeUninit::<$kind>::uninit();
        let base = value.as_ptr();
        // SAFETY: only addresses inside of `value` are formed, nothing is read.
        $(writeln!($rows, "{}.{} {}", stringify!($kind), stringify!($field).trim_start_matches("r#"),
            unsafe { addr_of!((*base).$field) } as usize - base as usize).unwrap();)*
    };
}

macro_rules! constants {
    ($rows:ident, $($constant:ident),*) => {
        $(writeln!($rows, "{} {}", stringify!($constant), $constant).unwrap();)*
    };
}

fn here() -> String {
    let mut rows = String::new();
    constants!(
        rows,
        TL_VERSION_MAJOR,
        TL_VERSION_MINOR,
        TL_VERSION_PATCH,
        TL_MAX_RANK,
        TL_DATASET_UNKNOWN_SIZE,
        TL_DATASET_INFINITE_SIZE,
        TL_NO_AXIS,
        TL_OK,
        TL_INVALID_ARGUMENT,
        TL_FAILED_PRECONDITION,
        TL_OUT_OF_MEMORY,
        TL_NOT_FOUND,
        TL_IO,
        TL_CORRUPT_DATA,
        TL_UNSUPPORTED,
        TL_BUSY,
        TL_NON_FINITE,
        TL_INTERNAL,
        TL_CANCELLED,
        TL_PEER_LOST,
        TL_MISMATCH,
        TL_TIMED_OUT,
        TL_F32,
        TL_F64,
        TL_I32,
        TL_I64,
        TL_U8,
        TL_BOOL,
        TL_NON_FINITE_CHECK_OFF,
        TL_NON_FINITE_CHECK_NAN,
        TL_NON_FINITE_CHECK_ALL,
        TL_LOG_INFO,
        TL_LOG_WARNING,
        TL_DATA_TRAIN,
        TL_DATA_TEST,
        TL_REDUCTION_MEAN,
        TL_REDUCTION_SUM,
        TL_REDUCTION_NONE,
        TL_REDUCTION_WEIGHTED_MEAN,
        TL_AUC_CURVE_ROC,
        TL_AUC_CURVE_PRECISION_RECALL,
        TL_AUC_CURVE_PRECISION_RECALL_GAIN,
        TL_AUC_SUMMATION_INTERPOLATION,
        TL_AUC_SUMMATION_MAJORING,
        TL_AUC_SUMMATION_MINORING,
        TL_CLASS_AVERAGE_NONE,
        TL_CLASS_AVERAGE_MICRO,
        TL_CLASS_AVERAGE_MACRO,
        TL_CLASS_AVERAGE_WEIGHTED,
        TL_R2_AVERAGE_UNIFORM,
        TL_R2_AVERAGE_VARIANCE,
        TL_R2_AVERAGE_NONE,
        TL_MOMENTUM_KERAS,
        TL_MOMENTUM_PYTORCH,
        TL_EPSILON_KERAS,
        TL_EPSILON_PYTORCH,
        TL_NON_FINITE_ERROR,
        TL_NON_FINITE_PROPAGATE,
        TL_PROGRESS_AUTO,
        TL_PROGRESS_BAR,
        TL_PROGRESS_LINES,
        TL_SAFETENSORS_FLOATS_F32,
        TL_SAFETENSORS_FLOATS_BF16,
        TL_SAFETENSORS_FLOATS_F16,
        TL_UNCONNECTED_NONE,
        TL_UNCONNECTED_ZERO,
        TL_UNCONNECTED_ERROR,
        TL_REASON_CONNECTED,
        TL_REASON_NOT_WATCHED,
        TL_REASON_WATCHED_LATE,
        TL_REASON_PAUSED,
        TL_REASON_RESET,
        TL_REASON_INTEGER,
        TL_REASON_STOP_GRADIENT,
        TL_REASON_ASSIGNED,
        TL_REASON_NOT_DIFFERENTIABLE,
        TL_REASON_RULE_GAVE_NONE,
        TL_REASON_NOT_READ,
        TL_REASON_OUTSIDE,
        TL_REASON_INDEPENDENT,
        TL_REASON_UNKNOWN,
        TL_MUON_SCALE_ORIGINAL,
        TL_MUON_SCALE_MATCH_RMS,
        TL_HESSIAN_FORWARD_OVER_REVERSE,
        TL_HESSIAN_REVERSE_OVER_REVERSE,
        TL_SLOT_ELEMENTS,
        TL_SLOT_NUMBER,
        TL_SLOT_WEIGHTS,
        TL_HOST_READS_ERROR,
        TL_HOST_READS_EAGER,
        TL_JACOBIAN_BY_SHAPE,
        TL_JACOBIAN_FORWARD,
        TL_JACOBIAN_REVERSE,
        TL_INITIALIZER_DEFAULT,
        TL_INITIALIZER_ZEROS,
        TL_INITIALIZER_ONES,
        TL_INITIALIZER_CONSTANT,
        TL_INITIALIZER_UNIFORM,
        TL_INITIALIZER_NORMAL,
        TL_INITIALIZER_TRUNCATED_NORMAL,
        TL_INITIALIZER_GLOROT_UNIFORM,
        TL_INITIALIZER_GLOROT_NORMAL,
        TL_INITIALIZER_HE_UNIFORM,
        TL_INITIALIZER_HE_NORMAL,
        TL_INITIALIZER_LECUN_UNIFORM,
        TL_INITIALIZER_LECUN_NORMAL,
        TL_ACTIVATION_LINEAR,
        TL_ACTIVATION_RELU,
        TL_ACTIVATION_LEAKY_RELU,
        TL_ACTIVATION_ELU,
        TL_ACTIVATION_SILU,
        TL_ACTIVATION_GELU,
        TL_ACTIVATION_TANH,
        TL_ACTIVATION_SIGMOID,
        TL_ACTIVATION_SOFTPLUS,
        TL_ACTIVATION_SOFTMAX,
        TL_ACTIVATION_LOG_SOFTMAX,
        TL_NON_FINITE_GRADIENTS_PASS,
        TL_NON_FINITE_GRADIENTS_ERROR,
        TL_NON_FINITE_GRADIENTS_SKIP,
        TL_WEIGHT_DECAY_DECOUPLED,
        TL_WEIGHT_DECAY_L2,
        TL_CHECKPOINT_BEST_NONE,
        TL_CHECKPOINT_BEST_MIN,
        TL_CHECKPOINT_BEST_MAX,
        TL_REDUCE_SUM,
        TL_REDUCE_MEAN,
        TL_REDUCE_MIN,
        TL_REDUCE_MAX,
        TL_REDUCE_SUM_BY_PAIRS,
        TL_WIRE_F32,
        TL_WIRE_BF16,
        TL_FIT_END_NONE,
        TL_FIT_END_EPOCHS,
        TL_FIT_END_PATIENCE,
        TL_FIT_END_STOPPED,
        TL_FIT_END_NON_FINITE,
        TL_FIT_NON_FINITE_ERROR,
        TL_FIT_NON_FINITE_STOP,
        TL_FIT_NON_FINITE_IGNORE,
        TL_FIT_EVENT_PREPARE,
        TL_FIT_EVENT_EPOCH_BEGIN,
        TL_FIT_EVENT_STEP,
        TL_FIT_EVENT_EPOCH_END,
        TL_FIT_EVENT_END
    );
    layout!(rows, tl_context_options { struct_size, seed, threads, memory_limit });
    layout!(
        rows,
        tl_context_statistics {
            struct_size,
            tensors,
            variables,
            values,
            live_bytes,
            peak_live_bytes,
            cached_bytes,
            borrowed_bytes,
            system_allocations,
            tapes,
            scopes
        }
    );
    layout!(rows, tl_csv_options { struct_size, delimiter, no_header, types, missing, floats, max_bytes });
    layout!(rows, tl_json_lines_options { struct_size, floats, max_bytes });
    layout!(rows, tl_loss_options { struct_size, reduction, from_probabilities, label_smoothing, weights });
    layout!(
        rows,
        tl_threshold_options {
            struct_size,
            top_k,
            one_class,
            class_id,
            from_logits,
            threshold_count,
            curve,
            summation,
            name
        }
    );
    layout!(rows, tl_f_beta_options { struct_size, beta, threshold, average, name });
    layout!(rows, tl_r2_options { struct_size, average, regressors, name });
    layout!(rows, tl_sgd_options { struct_size, learning_rate, momentum, nesterov, momentum_form, name });
    layout!(
        rows,
        tl_adam_options { struct_size, learning_rate, beta1, beta2, epsilon, epsilon_form, name, amsgrad }
    );
    layout!(
        rows,
        tl_adamw_options {
            struct_size,
            learning_rate,
            beta1,
            beta2,
            epsilon,
            epsilon_form,
            weight_decay,
            name,
            amsgrad
        }
    );
    layout!(rows, tl_clip_options { struct_size, non_finite });
    layout!(rows, tl_plot_options { struct_size, width, height, log_x, log_y, smoothing, scale });
    layout!(rows, tl_image_grid_options { struct_size, columns, padding, scale, background });
    layout!(
        rows,
        tl_progress_options {
            struct_size,
            descriptor,
            style,
            width,
            digits,
            interval,
            ascii,
            no_color,
            no_times
        }
    );
    layout!(
        rows,
        tl_progress_statistics {
            struct_size,
            step,
            total,
            elapsed,
            rate,
            left,
            waited,
            finished,
            write_failed
        }
    );
    layout!(rows, tl_safetensors_save_options { struct_size, floats });
    layout!(rows, tl_tape_options { struct_size, persistent, ignore_variables, explain });
    layout!(rows, tl_gradient_options { struct_size, unconnected, output_gradients, reasons });
    layout!(
        rows,
        tl_tape_statistics { struct_size, recorded_ops, saved_bytes, recording, consumed, recomputed_ops }
    );
    layout!(rows, tl_tape_memory { struct_size, op, calls, saved_bytes });
    layout!(rows, tl_trace_options { struct_size, most_events, no_details });
    layout!(rows, tl_trace_statistics { struct_size, events, lost, running });
    layout!(
        rows,
        tl_adamax_options { struct_size, learning_rate, beta1, beta2, epsilon, epsilon_form, name }
    );
    layout!(
        rows,
        tl_nadam_options { struct_size, learning_rate, beta1, beta2, epsilon, momentum_decay, name }
    );
    layout!(
        rows,
        tl_adagrad_options { struct_size, learning_rate, initial_accumulator, epsilon, epsilon_form, name }
    );
    layout!(rows, tl_adadelta_options { struct_size, learning_rate, rho, epsilon, name });
    layout!(
        rows,
        tl_rmsprop_options {
            struct_size,
            learning_rate,
            rho,
            momentum,
            epsilon,
            centered,
            epsilon_form,
            momentum_form,
            name
        }
    );
    layout!(
        rows,
        tl_ftrl_options {
            struct_size,
            learning_rate,
            learning_rate_power,
            initial_accumulator,
            l1,
            l2,
            l2_shrinkage,
            beta,
            name
        }
    );
    layout!(rows, tl_lion_options { struct_size, learning_rate, beta1, beta2, name });
    layout!(rows, tl_lamb_options { struct_size, learning_rate, beta1, beta2, epsilon, weight_decay, name });
    layout!(
        rows,
        tl_adafactor_options {
            struct_size,
            learning_rate,
            beta2_decay,
            epsilon1,
            epsilon2,
            clip_threshold,
            epsilon_form,
            name
        }
    );
    layout!(
        rows,
        tl_muon_options {
            struct_size,
            learning_rate,
            momentum,
            no_nesterov,
            ns_steps,
            scale,
            adam_rate_ratio,
            beta1,
            beta2,
            epsilon,
            name
        }
    );
    layout!(
        rows,
        tl_schedule_free_adamw_options {
            struct_size,
            learning_rate,
            beta1,
            beta2,
            epsilon,
            weight_decay,
            warmup_steps,
            name
        }
    );
    layout!(
        rows,
        tl_function_options {
            struct_size,
            name,
            most_plans,
            host_reads,
            retrace_is_error,
            verify,
            polymorphic_batch,
            allow_reassociation,
            most_recordings
        }
    );
    layout!(
        rows,
        tl_function_statistics {
            struct_size,
            traces,
            replays,
            eager_calls,
            signatures,
            kernels,
            flops,
            moved_bytes,
            arena_bytes,
            constants,
            host_constants,
            touched_bytes,
            resized_plans,
            clusters,
            unrecorded_calls
        }
    );
    layout!(
        rows,
        tl_jacobian_options { struct_size, way, unconnected, memory_budget, check_independence, reasons }
    );
    layout!(rows, tl_image_options { struct_size, channels, max_bytes });
    layout!(
        rows,
        tl_lbfgs_options {
            struct_size,
            learning_rate,
            history_size,
            max_iterations,
            gradient_tolerance,
            change_tolerance,
            sufficient_decrease,
            curvature,
            name
        }
    );
    layout!(
        rows,
        tl_minimize_statistics { struct_size, loss, largest_gradient, iterations, evaluations, converged }
    );
    layout!(rows, tl_sam_options { struct_size, rho, adaptive, eta });
    layout!(rows, tl_layer_options { struct_size, name });
    layout!(
        rows,
        tl_dense_options {
            struct_size,
            input_size,
            activation,
            no_bias,
            kernel_initializer,
            kernel_parameter,
            bias_initializer,
            bias_parameter,
            dtype,
            name
        }
    );
    layout!(
        rows,
        tl_batch_normalization_options { struct_size, momentum, epsilon, no_scale, no_center, dtype, name }
    );
    layout!(rows, tl_layer_normalization_options { struct_size, epsilon, no_scale, no_center, dtype, name });
    layout!(rows, tl_element_place { struct_size, epoch, index, seed });
    layout!(rows, tl_map_options { struct_size, threads, seed });
    layout!(
        rows,
        tl_one_cycle_options { struct_size, warmup_fraction, div_factor, final_div_factor, linear }
    );
    layout!(
        rows,
        tl_plateau_options { struct_size, factor, patience, min_delta, cooldown, min_rate, maximize, name }
    );
    layout!(
        rows,
        tl_step_options {
            struct_size,
            gradient_accumulation_steps,
            clip_value,
            clip_norm,
            global_clip_norm,
            weight_decay,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            dynamic_loss_scale,
            initial_loss_scale,
            loss_scale_growth_interval,
            min_loss_scale,
            max_loss_scale,
            non_finite,
            weight_decay_form,
            lookahead_steps,
            lookahead_alpha,
            adaptive_clip_factor,
            adaptive_clip_epsilon
        }
    );
    layout!(rows, tl_checkpoint_manager_options { struct_size, max_to_keep, best, keep_every, asynchronous });
    layout!(
        rows,
        tl_machine_peaks {
            struct_size,
            threads,
            flops,
            l1_bytes,
            l2_bytes,
            l3_bytes,
            l1_bandwidth,
            l2_bandwidth,
            l3_bandwidth,
            dram_bandwidth
        }
    );
    layout!(rows, tl_peak_options { struct_size, turns });
    layout!(rows, tl_bound_statistics { struct_size, seconds, arithmetic_seconds, memory_seconds, level });
    layout!(
        rows,
        tl_group_options {
            struct_size,
            timeout_seconds,
            backend,
            plugin_folder,
            rank,
            size,
            address,
            port,
            job,
            token,
            generation,
            lease_seconds
        }
    );
    layout!(rows, tl_group_decision { struct_size, weight, stop, save, finished });
    layout!(rows, tl_replicas_options { struct_size, seed, threads, memory_limit, timeout_seconds });
    layout!(
        rows,
        tl_fit_options {
            struct_size,
            epochs,
            steps_per_epoch,
            validation,
            metrics,
            num_metrics,
            eager,
            monitor,
            maximize,
            min_delta,
            patience,
            restore_best,
            non_finite,
            plateau,
            loggers,
            num_loggers,
            progress,
            checkpoints,
            checkpoint_steps,
            max_to_keep,
            keep_every,
            keep_best,
            asynchronous,
            step_events,
            stop
        }
    );
    layout!(
        rows,
        tl_fit_state {
            struct_size,
            end,
            epochs,
            steps,
            epoch_steps,
            loss,
            validation_loss,
            best,
            best_epoch,
            waited,
            num_metrics,
            metrics,
            validation_metrics,
            checkpoint
        }
    );
    rows
}

#[test]
fn rust_and_c_agree() {
    let include = option_env!("TAPELOOP_INCLUDE").unwrap_or("/usr/include"); // what the build script found
    let folder = std::env::temp_dir().join(format!("tapeloop-layout-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, program): (PathBuf, PathBuf) = (folder.join("layout.c"), folder.join("layout"));
    std::fs::write(&source, THERE).unwrap();
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let compiled =
        Command::new(cc).arg("-std=c99").arg("-I").arg(include).arg(&source).arg("-o").arg(&program).status();
    assert!(compiled.expect("a C compiler").success());
    let output = Command::new(&program).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let there = String::from_utf8(output.stdout).unwrap();
    assert!(there.lines().count() > 50, "{}", there);
    for (here, there) in here().lines().zip(there.lines()) {
        assert_eq!(here, there);
    }
    assert_eq!(here().lines().count(), there.lines().count());
}

const THERE: &str = r#"#include <stddef.h>
#include <stdio.h>
#include <tapeloop/tapeloop.h>
int main(void) {
  printf("TL_VERSION_MAJOR %d\n", (int)TL_VERSION_MAJOR);
  printf("TL_VERSION_MINOR %d\n", (int)TL_VERSION_MINOR);
  printf("TL_VERSION_PATCH %d\n", (int)TL_VERSION_PATCH);
  printf("TL_MAX_RANK %d\n", (int)TL_MAX_RANK);
  printf("TL_DATASET_UNKNOWN_SIZE %d\n", (int)TL_DATASET_UNKNOWN_SIZE);
  printf("TL_DATASET_INFINITE_SIZE %d\n", (int)TL_DATASET_INFINITE_SIZE);
  printf("TL_NO_AXIS %d\n", (int)TL_NO_AXIS);
  printf("TL_OK %d\n", (int)TL_OK);
  printf("TL_INVALID_ARGUMENT %d\n", (int)TL_INVALID_ARGUMENT);
  printf("TL_FAILED_PRECONDITION %d\n", (int)TL_FAILED_PRECONDITION);
  printf("TL_OUT_OF_MEMORY %d\n", (int)TL_OUT_OF_MEMORY);
  printf("TL_NOT_FOUND %d\n", (int)TL_NOT_FOUND);
  printf("TL_IO %d\n", (int)TL_IO);
  printf("TL_CORRUPT_DATA %d\n", (int)TL_CORRUPT_DATA);
  printf("TL_UNSUPPORTED %d\n", (int)TL_UNSUPPORTED);
  printf("TL_BUSY %d\n", (int)TL_BUSY);
  printf("TL_NON_FINITE %d\n", (int)TL_NON_FINITE);
  printf("TL_INTERNAL %d\n", (int)TL_INTERNAL);
  printf("TL_CANCELLED %d\n", (int)TL_CANCELLED);
  printf("TL_PEER_LOST %d\n", (int)TL_PEER_LOST);
  printf("TL_MISMATCH %d\n", (int)TL_MISMATCH);
  printf("TL_TIMED_OUT %d\n", (int)TL_TIMED_OUT);
  printf("TL_F32 %d\n", (int)TL_F32);
  printf("TL_F64 %d\n", (int)TL_F64);
  printf("TL_I32 %d\n", (int)TL_I32);
  printf("TL_I64 %d\n", (int)TL_I64);
  printf("TL_U8 %d\n", (int)TL_U8);
  printf("TL_BOOL %d\n", (int)TL_BOOL);
  printf("TL_NON_FINITE_CHECK_OFF %d\n", (int)TL_NON_FINITE_CHECK_OFF);
  printf("TL_NON_FINITE_CHECK_NAN %d\n", (int)TL_NON_FINITE_CHECK_NAN);
  printf("TL_NON_FINITE_CHECK_ALL %d\n", (int)TL_NON_FINITE_CHECK_ALL);
  printf("TL_LOG_INFO %d\n", (int)TL_LOG_INFO);
  printf("TL_LOG_WARNING %d\n", (int)TL_LOG_WARNING);
  printf("TL_DATA_TRAIN %d\n", (int)TL_DATA_TRAIN);
  printf("TL_DATA_TEST %d\n", (int)TL_DATA_TEST);
  printf("TL_REDUCTION_MEAN %d\n", (int)TL_REDUCTION_MEAN);
  printf("TL_REDUCTION_SUM %d\n", (int)TL_REDUCTION_SUM);
  printf("TL_REDUCTION_NONE %d\n", (int)TL_REDUCTION_NONE);
  printf("TL_REDUCTION_WEIGHTED_MEAN %d\n", (int)TL_REDUCTION_WEIGHTED_MEAN);
  printf("TL_AUC_CURVE_ROC %d\n", (int)TL_AUC_CURVE_ROC);
  printf("TL_AUC_CURVE_PRECISION_RECALL %d\n", (int)TL_AUC_CURVE_PRECISION_RECALL);
  printf("TL_AUC_CURVE_PRECISION_RECALL_GAIN %d\n", (int)TL_AUC_CURVE_PRECISION_RECALL_GAIN);
  printf("TL_AUC_SUMMATION_INTERPOLATION %d\n", (int)TL_AUC_SUMMATION_INTERPOLATION);
  printf("TL_AUC_SUMMATION_MAJORING %d\n", (int)TL_AUC_SUMMATION_MAJORING);
  printf("TL_AUC_SUMMATION_MINORING %d\n", (int)TL_AUC_SUMMATION_MINORING);
  printf("TL_CLASS_AVERAGE_NONE %d\n", (int)TL_CLASS_AVERAGE_NONE);
  printf("TL_CLASS_AVERAGE_MICRO %d\n", (int)TL_CLASS_AVERAGE_MICRO);
  printf("TL_CLASS_AVERAGE_MACRO %d\n", (int)TL_CLASS_AVERAGE_MACRO);
  printf("TL_CLASS_AVERAGE_WEIGHTED %d\n", (int)TL_CLASS_AVERAGE_WEIGHTED);
  printf("TL_R2_AVERAGE_UNIFORM %d\n", (int)TL_R2_AVERAGE_UNIFORM);
  printf("TL_R2_AVERAGE_VARIANCE %d\n", (int)TL_R2_AVERAGE_VARIANCE);
  printf("TL_R2_AVERAGE_NONE %d\n", (int)TL_R2_AVERAGE_NONE);
  printf("TL_MOMENTUM_KERAS %d\n", (int)TL_MOMENTUM_KERAS);
  printf("TL_MOMENTUM_PYTORCH %d\n", (int)TL_MOMENTUM_PYTORCH);
  printf("TL_EPSILON_KERAS %d\n", (int)TL_EPSILON_KERAS);
  printf("TL_EPSILON_PYTORCH %d\n", (int)TL_EPSILON_PYTORCH);
  printf("TL_NON_FINITE_ERROR %d\n", (int)TL_NON_FINITE_ERROR);
  printf("TL_NON_FINITE_PROPAGATE %d\n", (int)TL_NON_FINITE_PROPAGATE);
  printf("TL_PROGRESS_AUTO %d\n", (int)TL_PROGRESS_AUTO);
  printf("TL_PROGRESS_BAR %d\n", (int)TL_PROGRESS_BAR);
  printf("TL_PROGRESS_LINES %d\n", (int)TL_PROGRESS_LINES);
  printf("TL_SAFETENSORS_FLOATS_F32 %d\n", (int)TL_SAFETENSORS_FLOATS_F32);
  printf("TL_SAFETENSORS_FLOATS_BF16 %d\n", (int)TL_SAFETENSORS_FLOATS_BF16);
  printf("TL_SAFETENSORS_FLOATS_F16 %d\n", (int)TL_SAFETENSORS_FLOATS_F16);
  printf("TL_UNCONNECTED_NONE %d\n", (int)TL_UNCONNECTED_NONE);
  printf("TL_UNCONNECTED_ZERO %d\n", (int)TL_UNCONNECTED_ZERO);
  printf("TL_UNCONNECTED_ERROR %d\n", (int)TL_UNCONNECTED_ERROR);
  printf("TL_REASON_CONNECTED %d\n", (int)TL_REASON_CONNECTED);
  printf("TL_REASON_NOT_WATCHED %d\n", (int)TL_REASON_NOT_WATCHED);
  printf("TL_REASON_WATCHED_LATE %d\n", (int)TL_REASON_WATCHED_LATE);
  printf("TL_REASON_PAUSED %d\n", (int)TL_REASON_PAUSED);
  printf("TL_REASON_RESET %d\n", (int)TL_REASON_RESET);
  printf("TL_REASON_INTEGER %d\n", (int)TL_REASON_INTEGER);
  printf("TL_REASON_STOP_GRADIENT %d\n", (int)TL_REASON_STOP_GRADIENT);
  printf("TL_REASON_ASSIGNED %d\n", (int)TL_REASON_ASSIGNED);
  printf("TL_REASON_NOT_DIFFERENTIABLE %d\n", (int)TL_REASON_NOT_DIFFERENTIABLE);
  printf("TL_REASON_RULE_GAVE_NONE %d\n", (int)TL_REASON_RULE_GAVE_NONE);
  printf("TL_REASON_NOT_READ %d\n", (int)TL_REASON_NOT_READ);
  printf("TL_REASON_OUTSIDE %d\n", (int)TL_REASON_OUTSIDE);
  printf("TL_REASON_INDEPENDENT %d\n", (int)TL_REASON_INDEPENDENT);
  printf("TL_REASON_UNKNOWN %d\n", (int)TL_REASON_UNKNOWN);
  printf("TL_MUON_SCALE_ORIGINAL %d\n", (int)TL_MUON_SCALE_ORIGINAL);
  printf("TL_MUON_SCALE_MATCH_RMS %d\n", (int)TL_MUON_SCALE_MATCH_RMS);
  printf("TL_HESSIAN_FORWARD_OVER_REVERSE %d\n", (int)TL_HESSIAN_FORWARD_OVER_REVERSE);
  printf("TL_HESSIAN_REVERSE_OVER_REVERSE %d\n", (int)TL_HESSIAN_REVERSE_OVER_REVERSE);
  printf("TL_SLOT_ELEMENTS %d\n", (int)TL_SLOT_ELEMENTS);
  printf("TL_SLOT_NUMBER %d\n", (int)TL_SLOT_NUMBER);
  printf("TL_SLOT_WEIGHTS %d\n", (int)TL_SLOT_WEIGHTS);
  printf("TL_HOST_READS_ERROR %d\n", (int)TL_HOST_READS_ERROR);
  printf("TL_HOST_READS_EAGER %d\n", (int)TL_HOST_READS_EAGER);
  printf("TL_JACOBIAN_BY_SHAPE %d\n", (int)TL_JACOBIAN_BY_SHAPE);
  printf("TL_JACOBIAN_FORWARD %d\n", (int)TL_JACOBIAN_FORWARD);
  printf("TL_JACOBIAN_REVERSE %d\n", (int)TL_JACOBIAN_REVERSE);
  printf("TL_INITIALIZER_DEFAULT %d\n", (int)TL_INITIALIZER_DEFAULT);
  printf("TL_INITIALIZER_ZEROS %d\n", (int)TL_INITIALIZER_ZEROS);
  printf("TL_INITIALIZER_ONES %d\n", (int)TL_INITIALIZER_ONES);
  printf("TL_INITIALIZER_CONSTANT %d\n", (int)TL_INITIALIZER_CONSTANT);
  printf("TL_INITIALIZER_UNIFORM %d\n", (int)TL_INITIALIZER_UNIFORM);
  printf("TL_INITIALIZER_NORMAL %d\n", (int)TL_INITIALIZER_NORMAL);
  printf("TL_INITIALIZER_TRUNCATED_NORMAL %d\n", (int)TL_INITIALIZER_TRUNCATED_NORMAL);
  printf("TL_INITIALIZER_GLOROT_UNIFORM %d\n", (int)TL_INITIALIZER_GLOROT_UNIFORM);
  printf("TL_INITIALIZER_GLOROT_NORMAL %d\n", (int)TL_INITIALIZER_GLOROT_NORMAL);
  printf("TL_INITIALIZER_HE_UNIFORM %d\n", (int)TL_INITIALIZER_HE_UNIFORM);
  printf("TL_INITIALIZER_HE_NORMAL %d\n", (int)TL_INITIALIZER_HE_NORMAL);
  printf("TL_INITIALIZER_LECUN_UNIFORM %d\n", (int)TL_INITIALIZER_LECUN_UNIFORM);
  printf("TL_INITIALIZER_LECUN_NORMAL %d\n", (int)TL_INITIALIZER_LECUN_NORMAL);
  printf("TL_ACTIVATION_LINEAR %d\n", (int)TL_ACTIVATION_LINEAR);
  printf("TL_ACTIVATION_RELU %d\n", (int)TL_ACTIVATION_RELU);
  printf("TL_ACTIVATION_LEAKY_RELU %d\n", (int)TL_ACTIVATION_LEAKY_RELU);
  printf("TL_ACTIVATION_ELU %d\n", (int)TL_ACTIVATION_ELU);
  printf("TL_ACTIVATION_SILU %d\n", (int)TL_ACTIVATION_SILU);
  printf("TL_ACTIVATION_GELU %d\n", (int)TL_ACTIVATION_GELU);
  printf("TL_ACTIVATION_TANH %d\n", (int)TL_ACTIVATION_TANH);
  printf("TL_ACTIVATION_SIGMOID %d\n", (int)TL_ACTIVATION_SIGMOID);
  printf("TL_ACTIVATION_SOFTPLUS %d\n", (int)TL_ACTIVATION_SOFTPLUS);
  printf("TL_ACTIVATION_SOFTMAX %d\n", (int)TL_ACTIVATION_SOFTMAX);
  printf("TL_ACTIVATION_LOG_SOFTMAX %d\n", (int)TL_ACTIVATION_LOG_SOFTMAX);
  printf("TL_NON_FINITE_GRADIENTS_PASS %d\n", (int)TL_NON_FINITE_GRADIENTS_PASS);
  printf("TL_NON_FINITE_GRADIENTS_ERROR %d\n", (int)TL_NON_FINITE_GRADIENTS_ERROR);
  printf("TL_NON_FINITE_GRADIENTS_SKIP %d\n", (int)TL_NON_FINITE_GRADIENTS_SKIP);
  printf("TL_WEIGHT_DECAY_DECOUPLED %d\n", (int)TL_WEIGHT_DECAY_DECOUPLED);
  printf("TL_WEIGHT_DECAY_L2 %d\n", (int)TL_WEIGHT_DECAY_L2);
  printf("TL_CHECKPOINT_BEST_NONE %d\n", (int)TL_CHECKPOINT_BEST_NONE);
  printf("TL_CHECKPOINT_BEST_MIN %d\n", (int)TL_CHECKPOINT_BEST_MIN);
  printf("TL_CHECKPOINT_BEST_MAX %d\n", (int)TL_CHECKPOINT_BEST_MAX);
  printf("TL_REDUCE_SUM %d\n", (int)TL_REDUCE_SUM);
  printf("TL_REDUCE_MEAN %d\n", (int)TL_REDUCE_MEAN);
  printf("TL_REDUCE_MIN %d\n", (int)TL_REDUCE_MIN);
  printf("TL_REDUCE_MAX %d\n", (int)TL_REDUCE_MAX);
  printf("TL_REDUCE_SUM_BY_PAIRS %d\n", (int)TL_REDUCE_SUM_BY_PAIRS);
  printf("TL_WIRE_F32 %d\n", (int)TL_WIRE_F32);
  printf("TL_WIRE_BF16 %d\n", (int)TL_WIRE_BF16);
  printf("TL_FIT_END_NONE %d\n", (int)TL_FIT_END_NONE);
  printf("TL_FIT_END_EPOCHS %d\n", (int)TL_FIT_END_EPOCHS);
  printf("TL_FIT_END_PATIENCE %d\n", (int)TL_FIT_END_PATIENCE);
  printf("TL_FIT_END_STOPPED %d\n", (int)TL_FIT_END_STOPPED);
  printf("TL_FIT_END_NON_FINITE %d\n", (int)TL_FIT_END_NON_FINITE);
  printf("TL_FIT_NON_FINITE_ERROR %d\n", (int)TL_FIT_NON_FINITE_ERROR);
  printf("TL_FIT_NON_FINITE_STOP %d\n", (int)TL_FIT_NON_FINITE_STOP);
  printf("TL_FIT_NON_FINITE_IGNORE %d\n", (int)TL_FIT_NON_FINITE_IGNORE);
  printf("TL_FIT_EVENT_PREPARE %d\n", (int)TL_FIT_EVENT_PREPARE);
  printf("TL_FIT_EVENT_EPOCH_BEGIN %d\n", (int)TL_FIT_EVENT_EPOCH_BEGIN);
  printf("TL_FIT_EVENT_STEP %d\n", (int)TL_FIT_EVENT_STEP);
  printf("TL_FIT_EVENT_EPOCH_END %d\n", (int)TL_FIT_EVENT_EPOCH_END);
  printf("TL_FIT_EVENT_END %d\n", (int)TL_FIT_EVENT_END);
  printf("tl_context_options %zu\n", sizeof(tl_context_options));
  printf("tl_context_options.struct_size %zu\n", offsetof(tl_context_options, struct_size));
  printf("tl_context_options.seed %zu\n", offsetof(tl_context_options, seed));
  printf("tl_context_options.threads %zu\n", offsetof(tl_context_options, threads));
  printf("tl_context_options.memory_limit %zu\n", offsetof(tl_context_options, memory_limit));
  printf("tl_context_statistics %zu\n", sizeof(tl_context_statistics));
  printf("tl_context_statistics.struct_size %zu\n", offsetof(tl_context_statistics, struct_size));
  printf("tl_context_statistics.tensors %zu\n", offsetof(tl_context_statistics, tensors));
  printf("tl_context_statistics.variables %zu\n", offsetof(tl_context_statistics, variables));
  printf("tl_context_statistics.values %zu\n", offsetof(tl_context_statistics, values));
  printf("tl_context_statistics.live_bytes %zu\n", offsetof(tl_context_statistics, live_bytes));
  printf("tl_context_statistics.peak_live_bytes %zu\n", offsetof(tl_context_statistics, peak_live_bytes));
  printf("tl_context_statistics.cached_bytes %zu\n", offsetof(tl_context_statistics, cached_bytes));
  printf("tl_context_statistics.borrowed_bytes %zu\n", offsetof(tl_context_statistics, borrowed_bytes));
  printf("tl_context_statistics.system_allocations %zu\n", offsetof(tl_context_statistics, system_allocations));
  printf("tl_context_statistics.tapes %zu\n", offsetof(tl_context_statistics, tapes));
  printf("tl_context_statistics.scopes %zu\n", offsetof(tl_context_statistics, scopes));
  printf("tl_csv_options %zu\n", sizeof(tl_csv_options));
  printf("tl_csv_options.struct_size %zu\n", offsetof(tl_csv_options, struct_size));
  printf("tl_csv_options.delimiter %zu\n", offsetof(tl_csv_options, delimiter));
  printf("tl_csv_options.no_header %zu\n", offsetof(tl_csv_options, no_header));
  printf("tl_csv_options.types %zu\n", offsetof(tl_csv_options, types));
  printf("tl_csv_options.missing %zu\n", offsetof(tl_csv_options, missing));
  printf("tl_csv_options.floats %zu\n", offsetof(tl_csv_options, floats));
  printf("tl_csv_options.max_bytes %zu\n", offsetof(tl_csv_options, max_bytes));
  printf("tl_json_lines_options %zu\n", sizeof(tl_json_lines_options));
  printf("tl_json_lines_options.struct_size %zu\n", offsetof(tl_json_lines_options, struct_size));
  printf("tl_json_lines_options.floats %zu\n", offsetof(tl_json_lines_options, floats));
  printf("tl_json_lines_options.max_bytes %zu\n", offsetof(tl_json_lines_options, max_bytes));
  printf("tl_loss_options %zu\n", sizeof(tl_loss_options));
  printf("tl_loss_options.struct_size %zu\n", offsetof(tl_loss_options, struct_size));
  printf("tl_loss_options.reduction %zu\n", offsetof(tl_loss_options, reduction));
  printf("tl_loss_options.from_probabilities %zu\n", offsetof(tl_loss_options, from_probabilities));
  printf("tl_loss_options.label_smoothing %zu\n", offsetof(tl_loss_options, label_smoothing));
  printf("tl_loss_options.weights %zu\n", offsetof(tl_loss_options, weights));
  printf("tl_threshold_options %zu\n", sizeof(tl_threshold_options));
  printf("tl_threshold_options.struct_size %zu\n", offsetof(tl_threshold_options, struct_size));
  printf("tl_threshold_options.top_k %zu\n", offsetof(tl_threshold_options, top_k));
  printf("tl_threshold_options.one_class %zu\n", offsetof(tl_threshold_options, one_class));
  printf("tl_threshold_options.class_id %zu\n", offsetof(tl_threshold_options, class_id));
  printf("tl_threshold_options.from_logits %zu\n", offsetof(tl_threshold_options, from_logits));
  printf("tl_threshold_options.threshold_count %zu\n", offsetof(tl_threshold_options, threshold_count));
  printf("tl_threshold_options.curve %zu\n", offsetof(tl_threshold_options, curve));
  printf("tl_threshold_options.summation %zu\n", offsetof(tl_threshold_options, summation));
  printf("tl_threshold_options.name %zu\n", offsetof(tl_threshold_options, name));
  printf("tl_f_beta_options %zu\n", sizeof(tl_f_beta_options));
  printf("tl_f_beta_options.struct_size %zu\n", offsetof(tl_f_beta_options, struct_size));
  printf("tl_f_beta_options.beta %zu\n", offsetof(tl_f_beta_options, beta));
  printf("tl_f_beta_options.threshold %zu\n", offsetof(tl_f_beta_options, threshold));
  printf("tl_f_beta_options.average %zu\n", offsetof(tl_f_beta_options, average));
  printf("tl_f_beta_options.name %zu\n", offsetof(tl_f_beta_options, name));
  printf("tl_r2_options %zu\n", sizeof(tl_r2_options));
  printf("tl_r2_options.struct_size %zu\n", offsetof(tl_r2_options, struct_size));
  printf("tl_r2_options.average %zu\n", offsetof(tl_r2_options, average));
  printf("tl_r2_options.regressors %zu\n", offsetof(tl_r2_options, regressors));
  printf("tl_r2_options.name %zu\n", offsetof(tl_r2_options, name));
  printf("tl_sgd_options %zu\n", sizeof(tl_sgd_options));
  printf("tl_sgd_options.struct_size %zu\n", offsetof(tl_sgd_options, struct_size));
  printf("tl_sgd_options.learning_rate %zu\n", offsetof(tl_sgd_options, learning_rate));
  printf("tl_sgd_options.momentum %zu\n", offsetof(tl_sgd_options, momentum));
  printf("tl_sgd_options.nesterov %zu\n", offsetof(tl_sgd_options, nesterov));
  printf("tl_sgd_options.momentum_form %zu\n", offsetof(tl_sgd_options, momentum_form));
  printf("tl_sgd_options.name %zu\n", offsetof(tl_sgd_options, name));
  printf("tl_adam_options %zu\n", sizeof(tl_adam_options));
  printf("tl_adam_options.struct_size %zu\n", offsetof(tl_adam_options, struct_size));
  printf("tl_adam_options.learning_rate %zu\n", offsetof(tl_adam_options, learning_rate));
  printf("tl_adam_options.beta1 %zu\n", offsetof(tl_adam_options, beta1));
  printf("tl_adam_options.beta2 %zu\n", offsetof(tl_adam_options, beta2));
  printf("tl_adam_options.epsilon %zu\n", offsetof(tl_adam_options, epsilon));
  printf("tl_adam_options.epsilon_form %zu\n", offsetof(tl_adam_options, epsilon_form));
  printf("tl_adam_options.name %zu\n", offsetof(tl_adam_options, name));
  printf("tl_adam_options.amsgrad %zu\n", offsetof(tl_adam_options, amsgrad));
  printf("tl_adamw_options %zu\n", sizeof(tl_adamw_options));
  printf("tl_adamw_options.struct_size %zu\n", offsetof(tl_adamw_options, struct_size));
  printf("tl_adamw_options.learning_rate %zu\n", offsetof(tl_adamw_options, learning_rate));
  printf("tl_adamw_options.beta1 %zu\n", offsetof(tl_adamw_options, beta1));
  printf("tl_adamw_options.beta2 %zu\n", offsetof(tl_adamw_options, beta2));
  printf("tl_adamw_options.epsilon %zu\n", offsetof(tl_adamw_options, epsilon));
  printf("tl_adamw_options.epsilon_form %zu\n", offsetof(tl_adamw_options, epsilon_form));
  printf("tl_adamw_options.weight_decay %zu\n", offsetof(tl_adamw_options, weight_decay));
  printf("tl_adamw_options.name %zu\n", offsetof(tl_adamw_options, name));
  printf("tl_adamw_options.amsgrad %zu\n", offsetof(tl_adamw_options, amsgrad));
  printf("tl_clip_options %zu\n", sizeof(tl_clip_options));
  printf("tl_clip_options.struct_size %zu\n", offsetof(tl_clip_options, struct_size));
  printf("tl_clip_options.non_finite %zu\n", offsetof(tl_clip_options, non_finite));
  printf("tl_plot_options %zu\n", sizeof(tl_plot_options));
  printf("tl_plot_options.struct_size %zu\n", offsetof(tl_plot_options, struct_size));
  printf("tl_plot_options.width %zu\n", offsetof(tl_plot_options, width));
  printf("tl_plot_options.height %zu\n", offsetof(tl_plot_options, height));
  printf("tl_plot_options.log_x %zu\n", offsetof(tl_plot_options, log_x));
  printf("tl_plot_options.log_y %zu\n", offsetof(tl_plot_options, log_y));
  printf("tl_plot_options.smoothing %zu\n", offsetof(tl_plot_options, smoothing));
  printf("tl_plot_options.scale %zu\n", offsetof(tl_plot_options, scale));
  printf("tl_image_grid_options %zu\n", sizeof(tl_image_grid_options));
  printf("tl_image_grid_options.struct_size %zu\n", offsetof(tl_image_grid_options, struct_size));
  printf("tl_image_grid_options.columns %zu\n", offsetof(tl_image_grid_options, columns));
  printf("tl_image_grid_options.padding %zu\n", offsetof(tl_image_grid_options, padding));
  printf("tl_image_grid_options.scale %zu\n", offsetof(tl_image_grid_options, scale));
  printf("tl_image_grid_options.background %zu\n", offsetof(tl_image_grid_options, background));
  printf("tl_progress_options %zu\n", sizeof(tl_progress_options));
  printf("tl_progress_options.struct_size %zu\n", offsetof(tl_progress_options, struct_size));
  printf("tl_progress_options.descriptor %zu\n", offsetof(tl_progress_options, descriptor));
  printf("tl_progress_options.style %zu\n", offsetof(tl_progress_options, style));
  printf("tl_progress_options.width %zu\n", offsetof(tl_progress_options, width));
  printf("tl_progress_options.digits %zu\n", offsetof(tl_progress_options, digits));
  printf("tl_progress_options.interval %zu\n", offsetof(tl_progress_options, interval));
  printf("tl_progress_options.ascii %zu\n", offsetof(tl_progress_options, ascii));
  printf("tl_progress_options.no_color %zu\n", offsetof(tl_progress_options, no_color));
  printf("tl_progress_options.no_times %zu\n", offsetof(tl_progress_options, no_times));
  printf("tl_progress_statistics %zu\n", sizeof(tl_progress_statistics));
  printf("tl_progress_statistics.struct_size %zu\n", offsetof(tl_progress_statistics, struct_size));
  printf("tl_progress_statistics.step %zu\n", offsetof(tl_progress_statistics, step));
  printf("tl_progress_statistics.total %zu\n", offsetof(tl_progress_statistics, total));
  printf("tl_progress_statistics.elapsed %zu\n", offsetof(tl_progress_statistics, elapsed));
  printf("tl_progress_statistics.rate %zu\n", offsetof(tl_progress_statistics, rate));
  printf("tl_progress_statistics.left %zu\n", offsetof(tl_progress_statistics, left));
  printf("tl_progress_statistics.waited %zu\n", offsetof(tl_progress_statistics, waited));
  printf("tl_progress_statistics.finished %zu\n", offsetof(tl_progress_statistics, finished));
  printf("tl_progress_statistics.write_failed %zu\n", offsetof(tl_progress_statistics, write_failed));
  printf("tl_safetensors_save_options %zu\n", sizeof(tl_safetensors_save_options));
  printf("tl_safetensors_save_options.struct_size %zu\n", offsetof(tl_safetensors_save_options, struct_size));
  printf("tl_safetensors_save_options.floats %zu\n", offsetof(tl_safetensors_save_options, floats));
  printf("tl_tape_options %zu\n", sizeof(tl_tape_options));
  printf("tl_tape_options.struct_size %zu\n", offsetof(tl_tape_options, struct_size));
  printf("tl_tape_options.persistent %zu\n", offsetof(tl_tape_options, persistent));
  printf("tl_tape_options.ignore_variables %zu\n", offsetof(tl_tape_options, ignore_variables));
  printf("tl_tape_options.explain %zu\n", offsetof(tl_tape_options, explain));
  printf("tl_gradient_options %zu\n", sizeof(tl_gradient_options));
  printf("tl_gradient_options.struct_size %zu\n", offsetof(tl_gradient_options, struct_size));
  printf("tl_gradient_options.unconnected %zu\n", offsetof(tl_gradient_options, unconnected));
  printf("tl_gradient_options.output_gradients %zu\n", offsetof(tl_gradient_options, output_gradients));
  printf("tl_gradient_options.reasons %zu\n", offsetof(tl_gradient_options, reasons));
  printf("tl_tape_statistics %zu\n", sizeof(tl_tape_statistics));
  printf("tl_tape_statistics.struct_size %zu\n", offsetof(tl_tape_statistics, struct_size));
  printf("tl_tape_statistics.recorded_ops %zu\n", offsetof(tl_tape_statistics, recorded_ops));
  printf("tl_tape_statistics.saved_bytes %zu\n", offsetof(tl_tape_statistics, saved_bytes));
  printf("tl_tape_statistics.recording %zu\n", offsetof(tl_tape_statistics, recording));
  printf("tl_tape_statistics.consumed %zu\n", offsetof(tl_tape_statistics, consumed));
  printf("tl_tape_statistics.recomputed_ops %zu\n", offsetof(tl_tape_statistics, recomputed_ops));
  printf("tl_tape_memory %zu\n", sizeof(tl_tape_memory));
  printf("tl_tape_memory.struct_size %zu\n", offsetof(tl_tape_memory, struct_size));
  printf("tl_tape_memory.op %zu\n", offsetof(tl_tape_memory, op));
  printf("tl_tape_memory.calls %zu\n", offsetof(tl_tape_memory, calls));
  printf("tl_tape_memory.saved_bytes %zu\n", offsetof(tl_tape_memory, saved_bytes));
  printf("tl_trace_options %zu\n", sizeof(tl_trace_options));
  printf("tl_trace_options.struct_size %zu\n", offsetof(tl_trace_options, struct_size));
  printf("tl_trace_options.most_events %zu\n", offsetof(tl_trace_options, most_events));
  printf("tl_trace_options.no_details %zu\n", offsetof(tl_trace_options, no_details));
  printf("tl_trace_statistics %zu\n", sizeof(tl_trace_statistics));
  printf("tl_trace_statistics.struct_size %zu\n", offsetof(tl_trace_statistics, struct_size));
  printf("tl_trace_statistics.events %zu\n", offsetof(tl_trace_statistics, events));
  printf("tl_trace_statistics.lost %zu\n", offsetof(tl_trace_statistics, lost));
  printf("tl_trace_statistics.running %zu\n", offsetof(tl_trace_statistics, running));
  printf("tl_adamax_options %zu\n", sizeof(tl_adamax_options));
  printf("tl_adamax_options.struct_size %zu\n", offsetof(tl_adamax_options, struct_size));
  printf("tl_adamax_options.learning_rate %zu\n", offsetof(tl_adamax_options, learning_rate));
  printf("tl_adamax_options.beta1 %zu\n", offsetof(tl_adamax_options, beta1));
  printf("tl_adamax_options.beta2 %zu\n", offsetof(tl_adamax_options, beta2));
  printf("tl_adamax_options.epsilon %zu\n", offsetof(tl_adamax_options, epsilon));
  printf("tl_adamax_options.epsilon_form %zu\n", offsetof(tl_adamax_options, epsilon_form));
  printf("tl_adamax_options.name %zu\n", offsetof(tl_adamax_options, name));
  printf("tl_nadam_options %zu\n", sizeof(tl_nadam_options));
  printf("tl_nadam_options.struct_size %zu\n", offsetof(tl_nadam_options, struct_size));
  printf("tl_nadam_options.learning_rate %zu\n", offsetof(tl_nadam_options, learning_rate));
  printf("tl_nadam_options.beta1 %zu\n", offsetof(tl_nadam_options, beta1));
  printf("tl_nadam_options.beta2 %zu\n", offsetof(tl_nadam_options, beta2));
  printf("tl_nadam_options.epsilon %zu\n", offsetof(tl_nadam_options, epsilon));
  printf("tl_nadam_options.momentum_decay %zu\n", offsetof(tl_nadam_options, momentum_decay));
  printf("tl_nadam_options.name %zu\n", offsetof(tl_nadam_options, name));
  printf("tl_adagrad_options %zu\n", sizeof(tl_adagrad_options));
  printf("tl_adagrad_options.struct_size %zu\n", offsetof(tl_adagrad_options, struct_size));
  printf("tl_adagrad_options.learning_rate %zu\n", offsetof(tl_adagrad_options, learning_rate));
  printf("tl_adagrad_options.initial_accumulator %zu\n", offsetof(tl_adagrad_options, initial_accumulator));
  printf("tl_adagrad_options.epsilon %zu\n", offsetof(tl_adagrad_options, epsilon));
  printf("tl_adagrad_options.epsilon_form %zu\n", offsetof(tl_adagrad_options, epsilon_form));
  printf("tl_adagrad_options.name %zu\n", offsetof(tl_adagrad_options, name));
  printf("tl_adadelta_options %zu\n", sizeof(tl_adadelta_options));
  printf("tl_adadelta_options.struct_size %zu\n", offsetof(tl_adadelta_options, struct_size));
  printf("tl_adadelta_options.learning_rate %zu\n", offsetof(tl_adadelta_options, learning_rate));
  printf("tl_adadelta_options.rho %zu\n", offsetof(tl_adadelta_options, rho));
  printf("tl_adadelta_options.epsilon %zu\n", offsetof(tl_adadelta_options, epsilon));
  printf("tl_adadelta_options.name %zu\n", offsetof(tl_adadelta_options, name));
  printf("tl_rmsprop_options %zu\n", sizeof(tl_rmsprop_options));
  printf("tl_rmsprop_options.struct_size %zu\n", offsetof(tl_rmsprop_options, struct_size));
  printf("tl_rmsprop_options.learning_rate %zu\n", offsetof(tl_rmsprop_options, learning_rate));
  printf("tl_rmsprop_options.rho %zu\n", offsetof(tl_rmsprop_options, rho));
  printf("tl_rmsprop_options.momentum %zu\n", offsetof(tl_rmsprop_options, momentum));
  printf("tl_rmsprop_options.epsilon %zu\n", offsetof(tl_rmsprop_options, epsilon));
  printf("tl_rmsprop_options.centered %zu\n", offsetof(tl_rmsprop_options, centered));
  printf("tl_rmsprop_options.epsilon_form %zu\n", offsetof(tl_rmsprop_options, epsilon_form));
  printf("tl_rmsprop_options.momentum_form %zu\n", offsetof(tl_rmsprop_options, momentum_form));
  printf("tl_rmsprop_options.name %zu\n", offsetof(tl_rmsprop_options, name));
  printf("tl_ftrl_options %zu\n", sizeof(tl_ftrl_options));
  printf("tl_ftrl_options.struct_size %zu\n", offsetof(tl_ftrl_options, struct_size));
  printf("tl_ftrl_options.learning_rate %zu\n", offsetof(tl_ftrl_options, learning_rate));
  printf("tl_ftrl_options.learning_rate_power %zu\n", offsetof(tl_ftrl_options, learning_rate_power));
  printf("tl_ftrl_options.initial_accumulator %zu\n", offsetof(tl_ftrl_options, initial_accumulator));
  printf("tl_ftrl_options.l1 %zu\n", offsetof(tl_ftrl_options, l1));
  printf("tl_ftrl_options.l2 %zu\n", offsetof(tl_ftrl_options, l2));
  printf("tl_ftrl_options.l2_shrinkage %zu\n", offsetof(tl_ftrl_options, l2_shrinkage));
  printf("tl_ftrl_options.beta %zu\n", offsetof(tl_ftrl_options, beta));
  printf("tl_ftrl_options.name %zu\n", offsetof(tl_ftrl_options, name));
  printf("tl_lion_options %zu\n", sizeof(tl_lion_options));
  printf("tl_lion_options.struct_size %zu\n", offsetof(tl_lion_options, struct_size));
  printf("tl_lion_options.learning_rate %zu\n", offsetof(tl_lion_options, learning_rate));
  printf("tl_lion_options.beta1 %zu\n", offsetof(tl_lion_options, beta1));
  printf("tl_lion_options.beta2 %zu\n", offsetof(tl_lion_options, beta2));
  printf("tl_lion_options.name %zu\n", offsetof(tl_lion_options, name));
  printf("tl_lamb_options %zu\n", sizeof(tl_lamb_options));
  printf("tl_lamb_options.struct_size %zu\n", offsetof(tl_lamb_options, struct_size));
  printf("tl_lamb_options.learning_rate %zu\n", offsetof(tl_lamb_options, learning_rate));
  printf("tl_lamb_options.beta1 %zu\n", offsetof(tl_lamb_options, beta1));
  printf("tl_lamb_options.beta2 %zu\n", offsetof(tl_lamb_options, beta2));
  printf("tl_lamb_options.epsilon %zu\n", offsetof(tl_lamb_options, epsilon));
  printf("tl_lamb_options.weight_decay %zu\n", offsetof(tl_lamb_options, weight_decay));
  printf("tl_lamb_options.name %zu\n", offsetof(tl_lamb_options, name));
  printf("tl_adafactor_options %zu\n", sizeof(tl_adafactor_options));
  printf("tl_adafactor_options.struct_size %zu\n", offsetof(tl_adafactor_options, struct_size));
  printf("tl_adafactor_options.learning_rate %zu\n", offsetof(tl_adafactor_options, learning_rate));
  printf("tl_adafactor_options.beta2_decay %zu\n", offsetof(tl_adafactor_options, beta2_decay));
  printf("tl_adafactor_options.epsilon1 %zu\n", offsetof(tl_adafactor_options, epsilon1));
  printf("tl_adafactor_options.epsilon2 %zu\n", offsetof(tl_adafactor_options, epsilon2));
  printf("tl_adafactor_options.clip_threshold %zu\n", offsetof(tl_adafactor_options, clip_threshold));
  printf("tl_adafactor_options.epsilon_form %zu\n", offsetof(tl_adafactor_options, epsilon_form));
  printf("tl_adafactor_options.name %zu\n", offsetof(tl_adafactor_options, name));
  printf("tl_muon_options %zu\n", sizeof(tl_muon_options));
  printf("tl_muon_options.struct_size %zu\n", offsetof(tl_muon_options, struct_size));
  printf("tl_muon_options.learning_rate %zu\n", offsetof(tl_muon_options, learning_rate));
  printf("tl_muon_options.momentum %zu\n", offsetof(tl_muon_options, momentum));
  printf("tl_muon_options.no_nesterov %zu\n", offsetof(tl_muon_options, no_nesterov));
  printf("tl_muon_options.ns_steps %zu\n", offsetof(tl_muon_options, ns_steps));
  printf("tl_muon_options.scale %zu\n", offsetof(tl_muon_options, scale));
  printf("tl_muon_options.adam_rate_ratio %zu\n", offsetof(tl_muon_options, adam_rate_ratio));
  printf("tl_muon_options.beta1 %zu\n", offsetof(tl_muon_options, beta1));
  printf("tl_muon_options.beta2 %zu\n", offsetof(tl_muon_options, beta2));
  printf("tl_muon_options.epsilon %zu\n", offsetof(tl_muon_options, epsilon));
  printf("tl_muon_options.name %zu\n", offsetof(tl_muon_options, name));
  printf("tl_schedule_free_adamw_options %zu\n", sizeof(tl_schedule_free_adamw_options));
  printf("tl_schedule_free_adamw_options.struct_size %zu\n", offsetof(tl_schedule_free_adamw_options, struct_size));
  printf("tl_schedule_free_adamw_options.learning_rate %zu\n", offsetof(tl_schedule_free_adamw_options, learning_rate));
  printf("tl_schedule_free_adamw_options.beta1 %zu\n", offsetof(tl_schedule_free_adamw_options, beta1));
  printf("tl_schedule_free_adamw_options.beta2 %zu\n", offsetof(tl_schedule_free_adamw_options, beta2));
  printf("tl_schedule_free_adamw_options.epsilon %zu\n", offsetof(tl_schedule_free_adamw_options, epsilon));
  printf("tl_schedule_free_adamw_options.weight_decay %zu\n", offsetof(tl_schedule_free_adamw_options, weight_decay));
  printf("tl_schedule_free_adamw_options.warmup_steps %zu\n", offsetof(tl_schedule_free_adamw_options, warmup_steps));
  printf("tl_schedule_free_adamw_options.name %zu\n", offsetof(tl_schedule_free_adamw_options, name));
  printf("tl_function_options %zu\n", sizeof(tl_function_options));
  printf("tl_function_options.struct_size %zu\n", offsetof(tl_function_options, struct_size));
  printf("tl_function_options.name %zu\n", offsetof(tl_function_options, name));
  printf("tl_function_options.most_plans %zu\n", offsetof(tl_function_options, most_plans));
  printf("tl_function_options.host_reads %zu\n", offsetof(tl_function_options, host_reads));
  printf("tl_function_options.retrace_is_error %zu\n", offsetof(tl_function_options, retrace_is_error));
  printf("tl_function_options.verify %zu\n", offsetof(tl_function_options, verify));
  printf("tl_function_options.polymorphic_batch %zu\n", offsetof(tl_function_options, polymorphic_batch));
  printf("tl_function_options.allow_reassociation %zu\n", offsetof(tl_function_options, allow_reassociation));
  printf("tl_function_options.most_recordings %zu\n", offsetof(tl_function_options, most_recordings));
  printf("tl_function_statistics %zu\n", sizeof(tl_function_statistics));
  printf("tl_function_statistics.struct_size %zu\n", offsetof(tl_function_statistics, struct_size));
  printf("tl_function_statistics.traces %zu\n", offsetof(tl_function_statistics, traces));
  printf("tl_function_statistics.replays %zu\n", offsetof(tl_function_statistics, replays));
  printf("tl_function_statistics.eager_calls %zu\n", offsetof(tl_function_statistics, eager_calls));
  printf("tl_function_statistics.signatures %zu\n", offsetof(tl_function_statistics, signatures));
  printf("tl_function_statistics.kernels %zu\n", offsetof(tl_function_statistics, kernels));
  printf("tl_function_statistics.flops %zu\n", offsetof(tl_function_statistics, flops));
  printf("tl_function_statistics.moved_bytes %zu\n", offsetof(tl_function_statistics, moved_bytes));
  printf("tl_function_statistics.arena_bytes %zu\n", offsetof(tl_function_statistics, arena_bytes));
  printf("tl_function_statistics.constants %zu\n", offsetof(tl_function_statistics, constants));
  printf("tl_function_statistics.host_constants %zu\n", offsetof(tl_function_statistics, host_constants));
  printf("tl_function_statistics.touched_bytes %zu\n", offsetof(tl_function_statistics, touched_bytes));
  printf("tl_function_statistics.resized_plans %zu\n", offsetof(tl_function_statistics, resized_plans));
  printf("tl_function_statistics.clusters %zu\n", offsetof(tl_function_statistics, clusters));
  printf("tl_function_statistics.unrecorded_calls %zu\n", offsetof(tl_function_statistics, unrecorded_calls));
  printf("tl_jacobian_options %zu\n", sizeof(tl_jacobian_options));
  printf("tl_jacobian_options.struct_size %zu\n", offsetof(tl_jacobian_options, struct_size));
  printf("tl_jacobian_options.way %zu\n", offsetof(tl_jacobian_options, way));
  printf("tl_jacobian_options.unconnected %zu\n", offsetof(tl_jacobian_options, unconnected));
  printf("tl_jacobian_options.memory_budget %zu\n", offsetof(tl_jacobian_options, memory_budget));
  printf("tl_jacobian_options.check_independence %zu\n", offsetof(tl_jacobian_options, check_independence));
  printf("tl_jacobian_options.reasons %zu\n", offsetof(tl_jacobian_options, reasons));
  printf("tl_image_options %zu\n", sizeof(tl_image_options));
  printf("tl_image_options.struct_size %zu\n", offsetof(tl_image_options, struct_size));
  printf("tl_image_options.channels %zu\n", offsetof(tl_image_options, channels));
  printf("tl_image_options.max_bytes %zu\n", offsetof(tl_image_options, max_bytes));
  printf("tl_lbfgs_options %zu\n", sizeof(tl_lbfgs_options));
  printf("tl_lbfgs_options.struct_size %zu\n", offsetof(tl_lbfgs_options, struct_size));
  printf("tl_lbfgs_options.learning_rate %zu\n", offsetof(tl_lbfgs_options, learning_rate));
  printf("tl_lbfgs_options.history_size %zu\n", offsetof(tl_lbfgs_options, history_size));
  printf("tl_lbfgs_options.max_iterations %zu\n", offsetof(tl_lbfgs_options, max_iterations));
  printf("tl_lbfgs_options.gradient_tolerance %zu\n", offsetof(tl_lbfgs_options, gradient_tolerance));
  printf("tl_lbfgs_options.change_tolerance %zu\n", offsetof(tl_lbfgs_options, change_tolerance));
  printf("tl_lbfgs_options.sufficient_decrease %zu\n", offsetof(tl_lbfgs_options, sufficient_decrease));
  printf("tl_lbfgs_options.curvature %zu\n", offsetof(tl_lbfgs_options, curvature));
  printf("tl_lbfgs_options.name %zu\n", offsetof(tl_lbfgs_options, name));
  printf("tl_minimize_statistics %zu\n", sizeof(tl_minimize_statistics));
  printf("tl_minimize_statistics.struct_size %zu\n", offsetof(tl_minimize_statistics, struct_size));
  printf("tl_minimize_statistics.loss %zu\n", offsetof(tl_minimize_statistics, loss));
  printf("tl_minimize_statistics.largest_gradient %zu\n", offsetof(tl_minimize_statistics, largest_gradient));
  printf("tl_minimize_statistics.iterations %zu\n", offsetof(tl_minimize_statistics, iterations));
  printf("tl_minimize_statistics.evaluations %zu\n", offsetof(tl_minimize_statistics, evaluations));
  printf("tl_minimize_statistics.converged %zu\n", offsetof(tl_minimize_statistics, converged));
  printf("tl_sam_options %zu\n", sizeof(tl_sam_options));
  printf("tl_sam_options.struct_size %zu\n", offsetof(tl_sam_options, struct_size));
  printf("tl_sam_options.rho %zu\n", offsetof(tl_sam_options, rho));
  printf("tl_sam_options.adaptive %zu\n", offsetof(tl_sam_options, adaptive));
  printf("tl_sam_options.eta %zu\n", offsetof(tl_sam_options, eta));
  printf("tl_layer_options %zu\n", sizeof(tl_layer_options));
  printf("tl_layer_options.struct_size %zu\n", offsetof(tl_layer_options, struct_size));
  printf("tl_layer_options.name %zu\n", offsetof(tl_layer_options, name));
  printf("tl_dense_options %zu\n", sizeof(tl_dense_options));
  printf("tl_dense_options.struct_size %zu\n", offsetof(tl_dense_options, struct_size));
  printf("tl_dense_options.input_size %zu\n", offsetof(tl_dense_options, input_size));
  printf("tl_dense_options.activation %zu\n", offsetof(tl_dense_options, activation));
  printf("tl_dense_options.no_bias %zu\n", offsetof(tl_dense_options, no_bias));
  printf("tl_dense_options.kernel_initializer %zu\n", offsetof(tl_dense_options, kernel_initializer));
  printf("tl_dense_options.kernel_parameter %zu\n", offsetof(tl_dense_options, kernel_parameter));
  printf("tl_dense_options.bias_initializer %zu\n", offsetof(tl_dense_options, bias_initializer));
  printf("tl_dense_options.bias_parameter %zu\n", offsetof(tl_dense_options, bias_parameter));
  printf("tl_dense_options.dtype %zu\n", offsetof(tl_dense_options, dtype));
  printf("tl_dense_options.name %zu\n", offsetof(tl_dense_options, name));
  printf("tl_batch_normalization_options %zu\n", sizeof(tl_batch_normalization_options));
  printf("tl_batch_normalization_options.struct_size %zu\n", offsetof(tl_batch_normalization_options, struct_size));
  printf("tl_batch_normalization_options.momentum %zu\n", offsetof(tl_batch_normalization_options, momentum));
  printf("tl_batch_normalization_options.epsilon %zu\n", offsetof(tl_batch_normalization_options, epsilon));
  printf("tl_batch_normalization_options.no_scale %zu\n", offsetof(tl_batch_normalization_options, no_scale));
  printf("tl_batch_normalization_options.no_center %zu\n", offsetof(tl_batch_normalization_options, no_center));
  printf("tl_batch_normalization_options.dtype %zu\n", offsetof(tl_batch_normalization_options, dtype));
  printf("tl_batch_normalization_options.name %zu\n", offsetof(tl_batch_normalization_options, name));
  printf("tl_layer_normalization_options %zu\n", sizeof(tl_layer_normalization_options));
  printf("tl_layer_normalization_options.struct_size %zu\n", offsetof(tl_layer_normalization_options, struct_size));
  printf("tl_layer_normalization_options.epsilon %zu\n", offsetof(tl_layer_normalization_options, epsilon));
  printf("tl_layer_normalization_options.no_scale %zu\n", offsetof(tl_layer_normalization_options, no_scale));
  printf("tl_layer_normalization_options.no_center %zu\n", offsetof(tl_layer_normalization_options, no_center));
  printf("tl_layer_normalization_options.dtype %zu\n", offsetof(tl_layer_normalization_options, dtype));
  printf("tl_layer_normalization_options.name %zu\n", offsetof(tl_layer_normalization_options, name));
  printf("tl_element_place %zu\n", sizeof(tl_element_place));
  printf("tl_element_place.struct_size %zu\n", offsetof(tl_element_place, struct_size));
  printf("tl_element_place.epoch %zu\n", offsetof(tl_element_place, epoch));
  printf("tl_element_place.index %zu\n", offsetof(tl_element_place, index));
  printf("tl_element_place.seed %zu\n", offsetof(tl_element_place, seed));
  printf("tl_map_options %zu\n", sizeof(tl_map_options));
  printf("tl_map_options.struct_size %zu\n", offsetof(tl_map_options, struct_size));
  printf("tl_map_options.threads %zu\n", offsetof(tl_map_options, threads));
  printf("tl_map_options.seed %zu\n", offsetof(tl_map_options, seed));
  printf("tl_one_cycle_options %zu\n", sizeof(tl_one_cycle_options));
  printf("tl_one_cycle_options.struct_size %zu\n", offsetof(tl_one_cycle_options, struct_size));
  printf("tl_one_cycle_options.warmup_fraction %zu\n", offsetof(tl_one_cycle_options, warmup_fraction));
  printf("tl_one_cycle_options.div_factor %zu\n", offsetof(tl_one_cycle_options, div_factor));
  printf("tl_one_cycle_options.final_div_factor %zu\n", offsetof(tl_one_cycle_options, final_div_factor));
  printf("tl_one_cycle_options.linear %zu\n", offsetof(tl_one_cycle_options, linear));
  printf("tl_plateau_options %zu\n", sizeof(tl_plateau_options));
  printf("tl_plateau_options.struct_size %zu\n", offsetof(tl_plateau_options, struct_size));
  printf("tl_plateau_options.factor %zu\n", offsetof(tl_plateau_options, factor));
  printf("tl_plateau_options.patience %zu\n", offsetof(tl_plateau_options, patience));
  printf("tl_plateau_options.min_delta %zu\n", offsetof(tl_plateau_options, min_delta));
  printf("tl_plateau_options.cooldown %zu\n", offsetof(tl_plateau_options, cooldown));
  printf("tl_plateau_options.min_rate %zu\n", offsetof(tl_plateau_options, min_rate));
  printf("tl_plateau_options.maximize %zu\n", offsetof(tl_plateau_options, maximize));
  printf("tl_plateau_options.name %zu\n", offsetof(tl_plateau_options, name));
  printf("tl_step_options %zu\n", sizeof(tl_step_options));
  printf("tl_step_options.struct_size %zu\n", offsetof(tl_step_options, struct_size));
  printf("tl_step_options.gradient_accumulation_steps %zu\n", offsetof(tl_step_options, gradient_accumulation_steps));
  printf("tl_step_options.clip_value %zu\n", offsetof(tl_step_options, clip_value));
  printf("tl_step_options.clip_norm %zu\n", offsetof(tl_step_options, clip_norm));
  printf("tl_step_options.global_clip_norm %zu\n", offsetof(tl_step_options, global_clip_norm));
  printf("tl_step_options.weight_decay %zu\n", offsetof(tl_step_options, weight_decay));
  printf("tl_step_options.use_ema %zu\n", offsetof(tl_step_options, use_ema));
  printf("tl_step_options.ema_momentum %zu\n", offsetof(tl_step_options, ema_momentum));
  printf("tl_step_options.ema_overwrite_frequency %zu\n", offsetof(tl_step_options, ema_overwrite_frequency));
  printf("tl_step_options.loss_scale_factor %zu\n", offsetof(tl_step_options, loss_scale_factor));
  printf("tl_step_options.dynamic_loss_scale %zu\n", offsetof(tl_step_options, dynamic_loss_scale));
  printf("tl_step_options.initial_loss_scale %zu\n", offsetof(tl_step_options, initial_loss_scale));
  printf("tl_step_options.loss_scale_growth_interval %zu\n", offsetof(tl_step_options, loss_scale_growth_interval));
  printf("tl_step_options.min_loss_scale %zu\n", offsetof(tl_step_options, min_loss_scale));
  printf("tl_step_options.max_loss_scale %zu\n", offsetof(tl_step_options, max_loss_scale));
  printf("tl_step_options.non_finite %zu\n", offsetof(tl_step_options, non_finite));
  printf("tl_step_options.weight_decay_form %zu\n", offsetof(tl_step_options, weight_decay_form));
  printf("tl_step_options.lookahead_steps %zu\n", offsetof(tl_step_options, lookahead_steps));
  printf("tl_step_options.lookahead_alpha %zu\n", offsetof(tl_step_options, lookahead_alpha));
  printf("tl_step_options.adaptive_clip_factor %zu\n", offsetof(tl_step_options, adaptive_clip_factor));
  printf("tl_step_options.adaptive_clip_epsilon %zu\n", offsetof(tl_step_options, adaptive_clip_epsilon));
  printf("tl_checkpoint_manager_options %zu\n", sizeof(tl_checkpoint_manager_options));
  printf("tl_checkpoint_manager_options.struct_size %zu\n", offsetof(tl_checkpoint_manager_options, struct_size));
  printf("tl_checkpoint_manager_options.max_to_keep %zu\n", offsetof(tl_checkpoint_manager_options, max_to_keep));
  printf("tl_checkpoint_manager_options.best %zu\n", offsetof(tl_checkpoint_manager_options, best));
  printf("tl_checkpoint_manager_options.keep_every %zu\n", offsetof(tl_checkpoint_manager_options, keep_every));
  printf("tl_checkpoint_manager_options.asynchronous %zu\n", offsetof(tl_checkpoint_manager_options, asynchronous));
  printf("tl_machine_peaks %zu\n", sizeof(tl_machine_peaks));
  printf("tl_machine_peaks.struct_size %zu\n", offsetof(tl_machine_peaks, struct_size));
  printf("tl_machine_peaks.threads %zu\n", offsetof(tl_machine_peaks, threads));
  printf("tl_machine_peaks.flops %zu\n", offsetof(tl_machine_peaks, flops));
  printf("tl_machine_peaks.l1_bytes %zu\n", offsetof(tl_machine_peaks, l1_bytes));
  printf("tl_machine_peaks.l2_bytes %zu\n", offsetof(tl_machine_peaks, l2_bytes));
  printf("tl_machine_peaks.l3_bytes %zu\n", offsetof(tl_machine_peaks, l3_bytes));
  printf("tl_machine_peaks.l1_bandwidth %zu\n", offsetof(tl_machine_peaks, l1_bandwidth));
  printf("tl_machine_peaks.l2_bandwidth %zu\n", offsetof(tl_machine_peaks, l2_bandwidth));
  printf("tl_machine_peaks.l3_bandwidth %zu\n", offsetof(tl_machine_peaks, l3_bandwidth));
  printf("tl_machine_peaks.dram_bandwidth %zu\n", offsetof(tl_machine_peaks, dram_bandwidth));
  printf("tl_peak_options %zu\n", sizeof(tl_peak_options));
  printf("tl_peak_options.struct_size %zu\n", offsetof(tl_peak_options, struct_size));
  printf("tl_peak_options.turns %zu\n", offsetof(tl_peak_options, turns));
  printf("tl_bound_statistics %zu\n", sizeof(tl_bound_statistics));
  printf("tl_bound_statistics.struct_size %zu\n", offsetof(tl_bound_statistics, struct_size));
  printf("tl_bound_statistics.seconds %zu\n", offsetof(tl_bound_statistics, seconds));
  printf("tl_bound_statistics.arithmetic_seconds %zu\n", offsetof(tl_bound_statistics, arithmetic_seconds));
  printf("tl_bound_statistics.memory_seconds %zu\n", offsetof(tl_bound_statistics, memory_seconds));
  printf("tl_bound_statistics.level %zu\n", offsetof(tl_bound_statistics, level));
  printf("tl_group_options %zu\n", sizeof(tl_group_options));
  printf("tl_group_options.struct_size %zu\n", offsetof(tl_group_options, struct_size));
  printf("tl_group_options.timeout_seconds %zu\n", offsetof(tl_group_options, timeout_seconds));
  printf("tl_group_options.backend %zu\n", offsetof(tl_group_options, backend));
  printf("tl_group_options.plugin_folder %zu\n", offsetof(tl_group_options, plugin_folder));
  printf("tl_group_options.rank %zu\n", offsetof(tl_group_options, rank));
  printf("tl_group_options.size %zu\n", offsetof(tl_group_options, size));
  printf("tl_group_options.address %zu\n", offsetof(tl_group_options, address));
  printf("tl_group_options.port %zu\n", offsetof(tl_group_options, port));
  printf("tl_group_options.job %zu\n", offsetof(tl_group_options, job));
  printf("tl_group_options.token %zu\n", offsetof(tl_group_options, token));
  printf("tl_group_options.generation %zu\n", offsetof(tl_group_options, generation));
  printf("tl_group_options.lease_seconds %zu\n", offsetof(tl_group_options, lease_seconds));
  printf("tl_group_decision %zu\n", sizeof(tl_group_decision));
  printf("tl_group_decision.struct_size %zu\n", offsetof(tl_group_decision, struct_size));
  printf("tl_group_decision.weight %zu\n", offsetof(tl_group_decision, weight));
  printf("tl_group_decision.stop %zu\n", offsetof(tl_group_decision, stop));
  printf("tl_group_decision.save %zu\n", offsetof(tl_group_decision, save));
  printf("tl_group_decision.finished %zu\n", offsetof(tl_group_decision, finished));
  printf("tl_replicas_options %zu\n", sizeof(tl_replicas_options));
  printf("tl_replicas_options.struct_size %zu\n", offsetof(tl_replicas_options, struct_size));
  printf("tl_replicas_options.seed %zu\n", offsetof(tl_replicas_options, seed));
  printf("tl_replicas_options.threads %zu\n", offsetof(tl_replicas_options, threads));
  printf("tl_replicas_options.memory_limit %zu\n", offsetof(tl_replicas_options, memory_limit));
  printf("tl_replicas_options.timeout_seconds %zu\n", offsetof(tl_replicas_options, timeout_seconds));
  printf("tl_fit_options %zu\n", sizeof(tl_fit_options));
  printf("tl_fit_options.struct_size %zu\n", offsetof(tl_fit_options, struct_size));
  printf("tl_fit_options.epochs %zu\n", offsetof(tl_fit_options, epochs));
  printf("tl_fit_options.steps_per_epoch %zu\n", offsetof(tl_fit_options, steps_per_epoch));
  printf("tl_fit_options.validation %zu\n", offsetof(tl_fit_options, validation));
  printf("tl_fit_options.metrics %zu\n", offsetof(tl_fit_options, metrics));
  printf("tl_fit_options.num_metrics %zu\n", offsetof(tl_fit_options, num_metrics));
  printf("tl_fit_options.eager %zu\n", offsetof(tl_fit_options, eager));
  printf("tl_fit_options.monitor %zu\n", offsetof(tl_fit_options, monitor));
  printf("tl_fit_options.maximize %zu\n", offsetof(tl_fit_options, maximize));
  printf("tl_fit_options.min_delta %zu\n", offsetof(tl_fit_options, min_delta));
  printf("tl_fit_options.patience %zu\n", offsetof(tl_fit_options, patience));
  printf("tl_fit_options.restore_best %zu\n", offsetof(tl_fit_options, restore_best));
  printf("tl_fit_options.non_finite %zu\n", offsetof(tl_fit_options, non_finite));
  printf("tl_fit_options.plateau %zu\n", offsetof(tl_fit_options, plateau));
  printf("tl_fit_options.loggers %zu\n", offsetof(tl_fit_options, loggers));
  printf("tl_fit_options.num_loggers %zu\n", offsetof(tl_fit_options, num_loggers));
  printf("tl_fit_options.progress %zu\n", offsetof(tl_fit_options, progress));
  printf("tl_fit_options.checkpoints %zu\n", offsetof(tl_fit_options, checkpoints));
  printf("tl_fit_options.checkpoint_steps %zu\n", offsetof(tl_fit_options, checkpoint_steps));
  printf("tl_fit_options.max_to_keep %zu\n", offsetof(tl_fit_options, max_to_keep));
  printf("tl_fit_options.keep_every %zu\n", offsetof(tl_fit_options, keep_every));
  printf("tl_fit_options.keep_best %zu\n", offsetof(tl_fit_options, keep_best));
  printf("tl_fit_options.asynchronous %zu\n", offsetof(tl_fit_options, asynchronous));
  printf("tl_fit_options.step_events %zu\n", offsetof(tl_fit_options, step_events));
  printf("tl_fit_options.stop %zu\n", offsetof(tl_fit_options, stop));
  printf("tl_fit_state %zu\n", sizeof(tl_fit_state));
  printf("tl_fit_state.struct_size %zu\n", offsetof(tl_fit_state, struct_size));
  printf("tl_fit_state.end %zu\n", offsetof(tl_fit_state, end));
  printf("tl_fit_state.epochs %zu\n", offsetof(tl_fit_state, epochs));
  printf("tl_fit_state.steps %zu\n", offsetof(tl_fit_state, steps));
  printf("tl_fit_state.epoch_steps %zu\n", offsetof(tl_fit_state, epoch_steps));
  printf("tl_fit_state.loss %zu\n", offsetof(tl_fit_state, loss));
  printf("tl_fit_state.validation_loss %zu\n", offsetof(tl_fit_state, validation_loss));
  printf("tl_fit_state.best %zu\n", offsetof(tl_fit_state, best));
  printf("tl_fit_state.best_epoch %zu\n", offsetof(tl_fit_state, best_epoch));
  printf("tl_fit_state.waited %zu\n", offsetof(tl_fit_state, waited));
  printf("tl_fit_state.num_metrics %zu\n", offsetof(tl_fit_state, num_metrics));
  printf("tl_fit_state.metrics %zu\n", offsetof(tl_fit_state, metrics));
  printf("tl_fit_state.validation_metrics %zu\n", offsetof(tl_fit_state, validation_metrics));
  printf("tl_fit_state.checkpoint %zu\n", offsetof(tl_fit_state, checkpoint));
  return 0;
}
"#;
