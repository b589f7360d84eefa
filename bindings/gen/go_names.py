"""How names and comments of the C API are written in Go, for the go_*.py files here."""
import re

WORDS = {"matmul": "MatMul", "logsumexp": "LogSumExp", "argmax": "ArgMax", "argmin": "ArgMin", "cumsum": "CumSum", "idx": "IDX", "sgd": "SGD",
         "adamw": "AdamW", "rmsprop": "RMSprop", "dtype": "DType", "f32": "F32", "f64": "F64", "i32": "I32", "i64": "I64", "u8": "U8", "io": "IO", "pytorch": "PyTorch",
         "auc": "AUC", "ascii": "ASCII", "roc": "ROC", "id": "ID", "csv": "CSV", "json": "JSON"}
KEYWORDS = {"range", "type", "func", "var", "map", "len", "cap", "new", "make", "select"}
# Enums whose constants have another prefix in Go than their C names without "TL_". That of tl_status makes errors.
ENUM_TYPES = {"tl_status": "Code", "tl_dtype": "DType"}
MADE = "// Made from api.json by bindings/gen/generate. Do not edit.\n"


def camel(snake):
    return "".join(WORDS.get(w, w[:1].upper() + w[1:]) for w in snake.lower().split("_"))


def enum_type(c_name):
    return ENUM_TYPES.get(c_name) or camel(c_name[3:])


def enum_value(enum, c_name):
    name = camel(c_name[3:])
    return ("Err" + name) if enum == "tl_status" else name


def local(c_name):
    """A parameter of a Go function."""
    head, *rest = c_name.split("_")
    name = head + "".join(camel(r) for r in rest)
    return name + "_" if name in KEYWORDS else name


# Functions whose name in Go is not that of C in Go's spelling; of the others, only the ops and what makes a layer or an
# optimizer keep theirs, and any other is an error: it would name what Go does not have.
FUNCTIONS = {"tl_context_cancel": "Context.Do", "tl_context_set_non_finite_check": "Context.SetNonFiniteCheck",
             "tl_tape_gradient": "Tape.Gradient", "tl_tape_watch": "Tape.Watch", "tl_tape_explain": "Tape.Explain",
             "tl_loss_categorical_cross_entropy": "the function CategoricalCrossEntropy", "tl_clip_by_global_norm": "Context.ClipByGlobalNorm",
             "tl_clip_adaptive": "Tensor.ClipAdaptive",
             "tl_stop_gradient": "Tensor.StopGradient", "tl_custom_gradient": "Context.CustomGradient", "tl_recompute": "Context.Recompute",
             "tl_schedule_one_cycle": "Context.OneCycle", "tl_schedule_plateau": "Context.Plateau",
             "tl_lbfgs": "Context.LBFGS", "tl_optimizer_apply_sam": "Optimizer.ApplySAM", "tl_optimizer_add_slot": "Context.CustomOptimizer",
             "tl_plot_image": "Plot.Image", "tl_progress_text": "Progress.Text", "tl_progress_set_callback": "Progress.OnDraw",
             "tl_metric_f_beta": "Context.FBeta", "tl_metric_r2": "Context.R2",
             "tl_safetensors_writer_save": "SafetensorsWriter.Save", "tl_checkpoint_manager_new": "Context.NewCheckpointManager",
             "tl_group_all_reduce_list": "Group.AllReduceList"}
SAME = {"tl_sgd", "tl_adam", "tl_adamw", "tl_adamax", "tl_nadam", "tl_adagrad", "tl_adadelta", "tl_rmsprop", "tl_ftrl", "tl_lion", "tl_lamb",
        "tl_adafactor", "tl_muon", "tl_schedule_free_adamw", "tl_dense", "tl_batch_normalization", "tl_layer_normalization"}
CONSTANTS, PARAMETERS = {}, set()  # of C: learn() fills them


def learn(api):
    """What the comments may name: the constants, the ops, and the parameters and fields of the API."""
    CONSTANTS.update({c["name"]: camel(c["name"][3:]) for c in api["constants"]})
    for e in api["enums"]:
        CONSTANTS.update({v["name"]: enum_value(e["name"], v["name"]) for v in e["values"]})
    SAME.update(f["name"] for f in api["functions"] if "op" in f)
    PARAMETERS.update(p["name"] for f in api["functions"] if "op" in f for p in f["parameters"] if "_" in p["name"])


def function_in_go(c_name):
    if c_name not in FUNCTIONS and c_name not in SAME:
        raise ValueError(f"bindings/gen/go_names.py: what is {c_name} in Go? Add it to FUNCTIONS")
    return FUNCTIONS.get(c_name) or camel(c_name[3:])


def in_go(text):
    """A comment of the C API in the words of Go: the names that things have there, nil for NULL."""
    text = re.sub(r"\bTL_[A-Z0-9_]+\b", lambda m: CONSTANTS[m[0]], text)
    text = re.sub(r"\btl_[a-z0-9_]+\b(?:\(\))?", lambda m: function_in_go(m[0].rstrip("()")), text)
    text = re.sub(r"\b[a-z]+_[a-z_]+\b", lambda m: local(m[0]) if m[0] in PARAMETERS else m[0], text)
    text = text.replace("with the option explain", "with the option Explain")
    return text.replace("NULL", "nil")


def field_in_go(text, c_type):
    """That of a field: text that is not given is "", a flag is false anyway."""
    return in_go(text.replace("NULL", '""') if c_type == "string" else text)


def comment(text, indent=""):
    out, line = "", indent + "//"
    for word in text.split():
        if len(line) + len(word) > 110:
            out, line = out + line + "\n", indent + "//"
        line += " " + word
    return out + line + "\n"
