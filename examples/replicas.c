/* Trains a digit classifier on replicas with a model each, which see parts of every batch and step alike: threads, or processes. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

struct job {
  int epochs, batch;
  double rate, accuracy;
  const char* folder; /* of checkpoints, which all ranks see; NULL: none */
  bool bf16;          /* gradients travel as half the bytes */
};

/* A checkpoint of which each rank writes its share, behind each epoch; *epochs gets how many the last one has behind it. NULL where the
 * context holds an error. */
static tl_checkpoint_manager* resumed(tl_context* c, const char* folder, tl_layer* model, tl_optimizer* adam,
                                      tl_dataset* train, int64_t* epochs) {
  size_t n = 0;
  tl_tensor* const* weights = tl_layer_trainable_variables(model, &n);
  tl_checkpoint* all = tl_checkpoint_new(c);
  if (tl_optimizer_build(adam, weights, n) != TL_OK ||
      tl_checkpoint_add_layer(all, "model", model) != TL_OK ||
      tl_checkpoint_add_optimizer(all, "adam", adam) != TL_OK ||
      tl_checkpoint_add_dataset(all, "train", train) != TL_OK)
    return NULL;
  tl_checkpoint_manager* manager = tl_checkpoint_manager_new(c, all, folder, NULL);
  if (tl_checkpoint_manager_restore_latest(manager, epochs) != TL_OK) return NULL;
  if (*epochs < 0) *epochs = 0; /* there is none yet */
  return manager;
}

/* On each replica: a context and a group of its own. */
static tl_status train(tl_context* c, tl_group* group, void* user_data) {
  struct job* job = user_data;
  tl_dataset* train = tl_dataset_shuffle(c, drawn(c, TL_DATA_TRAIN), 1); /* the same order everywhere */
  train = tl_dataset_cast(c, tl_dataset_batch(c, train, job->batch, false), 0, TL_F32, 255);
  tl_dataset* test =
      tl_dataset_cast(c, tl_dataset_batch(c, drawn(c, TL_DATA_TEST), 500, false), 0, TL_F32, 255);
  train = tl_group_distribute(group, train); /* this replica's rows of each batch */
  test = tl_group_distribute(group, test);

  tl_layer* layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, NULL),
                        tl_activation_layer(c, TL_ACTIVATION_RELU, NULL), tl_dense(c, 10, NULL)};
  tl_layer* model = tl_sequential(c, layers, sizeof layers / sizeof *layers);
  tl_optimizer* adam = tl_adam(c, NULL);
  tl_metric *losses = tl_metric_mean(c, NULL), *accuracy = tl_metric_sparse_categorical_accuracy(c, NULL);
  (void)tl_layer_call(model, tl_zeros(c, (int64_t[]){1, DIGIT_SIDE, DIGIT_SIDE}, 3),
                      true); /* makes its variables */
  size_t n = 0;
  tl_tensor* const* weights = tl_layer_trainable_variables(model, &n);
  if (tl_optimizer_set_learning_rate(adam, job->rate) != TL_OK ||
      tl_group_mirror(group, weights, n) != TL_OK ||
      tl_group_set_wire_dtype(group, job->bf16 ? TL_WIRE_BF16 : TL_WIRE_F32) != TL_OK)
    return tl_error_code(c);
  int64_t done = 0; /* epochs */
  tl_checkpoint_manager* manager = job->folder ? resumed(c, job->folder, model, adam, train, &done) : NULL;
  if (tl_failed(c)) return tl_error_code(c);

  tl_tensor *batch[2], *gradients[4], *sums[4];
  for (int64_t epoch = done + 1; epoch <= job->epochs; epoch++) {
    while (tl_dataset_next(train, batch, 2)) {
      tl_scope_begin(c);
      tl_tape* tape = tl_tape_begin(c, NULL);
      tl_tensor* logits = tl_layer_call(model, batch[0], true);
      tl_tensor* each = tl_sparse_softmax_cross_entropy(c, tl_cast(c, batch[1], TL_I32), logits);
      tl_tensor* loss = tl_group_average_loss(group, each); /* over the whole batch */
      if (tl_tape_gradient(tape, loss, weights, n, NULL, gradients) == TL_OK &&
          tl_group_all_reduce_list(group, gradients, n, TL_REDUCE_SUM, sums) == TL_OK &&
          tl_optimizer_apply(adam, sums, weights, n) == TL_OK &&
          tl_metric_update(losses, each, NULL) != TL_OK)
        break;
      tl_scope_end(c);
    }
    tl_tensor* mean = tl_group_metric_result(group, losses); /* of all replicas */
    if (tl_metric_reset(losses) != TL_OK) break;
    if (tl_group_rank(group) == 0) printf("epoch %d: loss %.4f\n", (int)epoch, tl_tensor_item(mean));
    if (manager && tl_group_save_sharded(group, manager, epoch, NAN) != TL_OK) break;
  }
  if (tl_group_check_mirrored(group, weights, n) != TL_OK) return tl_error_code(c); /* the same bits on all */
  while (tl_dataset_next(test, batch, 2))
    if (tl_metric_update_predictions(accuracy, batch[1], tl_layer_call(model, batch[0], false), NULL) !=
        TL_OK)
      break;
  tl_tensor* share = tl_group_metric_result(group, accuracy);
  if (tl_group_rank(group) == 0) job->accuracy = tl_tensor_item(share);
  return tl_error_code(c);
}

int main(int argc, char** argv) {
  struct job job = {.epochs = 4, .batch = 64, .rate = 0.002};
  int replicas = 2, failed = 0;
  bool process = false;
  for (int code; (code = getopt(argc, argv, "n:e:b:l:f:wp")) != -1;) switch (code) {
      case 'n': replicas = atoi(optarg); break;
      case 'p': process = true; break;
      case 'e': job.epochs = atoi(optarg); break;
      case 'b': job.batch = atoi(optarg); break;
      case 'l': job.rate = atof(optarg); break;
      case 'f': job.folder = optarg; break;
      case 'w': job.bf16 = true; break;
      default:
        fputs(
            "-n REPLICAS, or -p: one process of several that a launcher has started\n"
            "-e EPOCHS -b BATCH (of all replicas) -l RATE\n"
            "-f FOLDER: a checkpoint behind each epoch, from which the next run goes on, with any number of "
            "replicas\n"
            "-w: gradients travel as bf16\n",
            stderr);
        return 2;
    }
  tl_context_options seeded;
  tl_context_options_init(&seeded, sizeof seeded);
  seeded.seed = 1;
  tl_context* c = tl_context_new(&seeded);
  bool speaks = true;
  if (process) {
    tl_group* group = tl_group_new(c, NULL); /* by tapeloop-run, torchrun or mpirun */
    speaks = tl_group_rank(group) == 0;
    failed = !group || train(c, group, &job) != TL_OK;
  } else {
    tl_replicas_options options;
    tl_replicas_options_init(&options, sizeof options);
    options.seed = 1;
    failed = tl_replicas_run(c, replicas, &options, train, &job) != TL_OK;
  }
  if (failed) fprintf(stderr, "replicas: %s\n", tl_error_message(c));
  if (!failed && speaks) printf("test accuracy: %.4f\n", job.accuracy);
  tl_context_free(c);
  return failed;
}
