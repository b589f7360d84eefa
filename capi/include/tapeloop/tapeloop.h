/* tapeloop: the gradient tape for programs that are not written in Python. This header includes all others. */
#ifndef TAPELOOP_H
#define TAPELOOP_H

#include <tapeloop/adaptive_optimizers.h>
#include <tapeloop/base.h>
#include <tapeloop/checkpoint.h>
#include <tapeloop/curvature.h>
#include <tapeloop/custom.h>
#include <tapeloop/custom_training.h>
#include <tapeloop/data.h>
#include <tapeloop/dlpack.h>
#include <tapeloop/feed.h>
#include <tapeloop/files.h>
#include <tapeloop/forward.h>
#include <tapeloop/function.h>
#include <tapeloop/groups.h>
#include <tapeloop/jacobian.h>
#include <tapeloop/logs.h>
#include <tapeloop/losses.h>
#include <tapeloop/media.h>
#include <tapeloop/metrics.h>
#include <tapeloop/minimize.h>
#include <tapeloop/nn.h>
#include <tapeloop/ops.h>
#include <tapeloop/optim.h>
#include <tapeloop/peaks.h>
#include <tapeloop/pipeline.h>
#include <tapeloop/plot.h>
#include <tapeloop/progress.h>
#include <tapeloop/pullback.h>
#include <tapeloop/records.h>
#include <tapeloop/replicas.h>
#include <tapeloop/safetensors.h>
#include <tapeloop/schedule.h>
#include <tapeloop/step_options.h>
#include <tapeloop/tape.h>
#include <tapeloop/tensor.h>
#include <tapeloop/trace.h>
#include <tapeloop/trainer.h>
#include <tapeloop/vmap.h>

#endif
