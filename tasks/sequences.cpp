// Sequences in a file of the user: predict the next step of chords or symbols, or classify sequences, steps or images.
#include "core/error.h"
#include "core/hash.h"
#include "core/text.h"
#include "tasks/helpers.h"
#include "tasks/sequences/images.h"
#include "tasks/sequences/labeled.h"
#include "tasks/sequences/next_step.h"
#include "tasks/sequences/sequence_file.h"

namespace rnnbench::tasks {
namespace {

constexpr std::int64_t max_length_of_files = 1'000'000'000;  // files have sequences of any length

const std::string& path_of(const Settings& settings) {
  if (!settings.has("file"))
    throw UserError(
        "the task sequences needs file = PATH with the sequences to learn; `rnnbench show sequences` describes its "
        "format");
  return settings.text("file");
}

bool has_images(const Settings& settings) { return names_images(settings.text_or("file", "")); }

void check_hash(const Settings& settings, const std::string& hash) {
  if (settings.has("file-hash") && settings.text("file-hash") != hash)
    throw UserError("file-hash = " + settings.text("file-hash") + " is not the hash of " + path_of(settings) +
                    ", which is " + hash + ": the file has changed or is a different one");
}

// Separates PATH@HASH into the options file and file-hash.
void take_hash_from_path(Settings& settings) {
  const std::string given = path_of(settings);
  const std::size_t at = given.rfind('@');
  if (at == std::string::npos || given.size() - at - 1 != hex16(0).size() ||
      given.find_first_not_of("0123456789abcdef", at + 1) != std::string::npos)
    return;
  const std::string path = trim(given.substr(0, at));  // values have no spaces at their ends
  if (path.empty()) return;
  check_hash(settings, given.substr(at + 1));
  settings.set("file", path);
  settings.set("file-hash", given.substr(at + 1));
}

// A run is identified by the content of the file, not by its path. Where the hash is declared, results can be read
// without the file; whoever makes the task compares it.
void complete(Settings& settings) {
  take_hash_from_path(settings);
  if (settings.has("file-hash")) return;
  const std::string& path = path_of(settings);
  settings.set("file-hash", has_images(settings) ? hash_of_images(path) : hash_of_file(path));
}

std::unique_ptr<const Task> make(const Settings& settings) {
  const std::string& path = path_of(settings);
  const int length = static_cast<int>(settings.integer("length")), chunk = static_cast<int>(settings.integer("chunk"));
  const auto refuse_chunks = [&] {
    if (chunk == 0) return;
    throw UserError("chunk = " + std::to_string(chunk) + " is not possible with one label per sequence, as in " + path +
                    ": a chunk without the last step would have nothing to learn; leave it out");
  };
  std::string hash;
  if (has_images(settings)) {
    auto images = read_images(path,
                              {.by_pixel = settings.text("scan") == "pixels",
                               .pool = static_cast<int>(settings.integer("pool")),
                               .permute = static_cast<std::uint64_t>(settings.integer("permute")),
                               .validation = static_cast<int>(settings.integer("validation"))},
                              hash);
    check_hash(settings, hash);
    refuse_chunks();
    return labeled_task(std::move(images), length, chunk);
  }
  SequenceFile file = read_sequence_file(path);
  check_hash(settings, file.hash);  // it may have changed since the run was declared
  if (file.classes == 0) return next_step_task(std::move(file), length, chunk);
  if (!file.every_step) refuse_chunks();
  return labeled_task(labeled_sequences(std::move(file)), length, chunk);
}

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  Settings whole = settings;
  whole.set("length", std::to_string(max_length_of_files));
  const std::string chunk = settings.text("chunk");
  return solve_length("sequences with file = " + path_of(settings) + (chunk != "0" ? " and chunk = " + chunk : ""),
                      time_steps, 1, 0, 1, make(whole)->steps());
}

}  // namespace

TaskEntry sequences_task() {
  std::vector<Option> options =
      length_options(std::to_string(max_length_of_files), 1, "maximum number of time steps; longer sequences are cut");
  for (Option& option : options) option.max = max_length_of_files;
  options.push_back(integer_option(
      "chunk", "0", 0, 1'000'000,
      "time steps of the pieces in which sequences are read one after another, in training and evaluation, with the "
      "states passed on; 0 = whole sequences"));
  options.push_back(path_option("file",
                                "path of the file, relative to the current folder; PATH@HASH also declares its "
                                "file-hash; a list names several files"));
  options.push_back(text_option("file-hash",
                                "hash of the file's content, set automatically; if given, it must match, and results "
                                "can be read without the file"));
  const auto of_images = [&](Option option) { options.push_back(with_use(std::move(option), has_images)); };
  of_images(choice_option("scan", "rows", {"rows", "pixels"},
                          "what a time step of an image is: a row of pixels, or a pixel; used with images"));
  of_images(integer_option("pool", "1", 1, 1000,
                           "side of the squares of pixels that are averaged, 1 = none; used with images"));
  of_images(integer_option("permute", "0", 0, 4'294'967'295,
                           "seed of a random order of the time steps, the same for all images and runs, 0 = none; used "
                           "with images"));
  of_images(integer_option("validation", "5000", 1, 1'000'000'000,
                           "number of images for validation, the last ones of the training files; used with images"));
  return {.name = "sequences",
          .summary =
              "learn from a file of your own: the next step of music or symbols; labels of sequences, steps or images",
          .definition =
              R"(
              Without labels: the input is the steps of a sequence of `file`, without the last one. The target of each
              step is the next one.

              Chords: the file is a JSON object with the splits "train", "valid" and "test". Each split is a list of
              sequences, a sequence a list of steps, a step a list of MIDI notes from 21 to 108. The data sets of
              Boulanger-Lewandowski, Bengio & Vincent 2012 (JSB chorales, Nottingham, MuseData, Piano-midi.de) are
              often stored in this format. There are 88 inputs and 88 outputs, one independent yes/no answer per key.

              Symbols: the file has JSON Lines. Each line is a list of whole numbers, or each line is {"split":
              "train", "sequence": [...]}. Without splits, of ten consecutive lines eight are train, the next is
              valid, the last is test. Inputs are one-hot, and there is one class per symbol.

              With labels: each line is an object that also has "label": 3, the class of the sequence, which is asked
              at its last step, or "labels": [0, 2, ...], the class of each step. Steps are whole numbers, as before, or
              lists of real values, as in {"sequence": [[0.1, -2], [0.3, 4]], "label": 1}. There is one class for each
              number up to the largest label.

              Images: `file` names the images for training of a data set in the format of MNIST (IDX), such as
              train-images-idx3-ubyte. The files train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
              t10k-labels-idx1-ubyte are found beside it. Pixels are divided by 255. `scan` says whether a step is a row
              or a pixel, `pool` = 2 halves both sides, and `permute` = 1 puts the steps into a random order (Le, Jaitly
              & Hinton 2015), after pooling. The label is asked at the last step. The last `validation` images for
              training are for validation.

              Any of the files may be compressed by gzip.

              Training samples uniformly from the sequences of its split. Validation and test evaluate every sequence
              of theirs once, whatever the option `evaluate` says. `length` cuts longer sequences, in all splits. The
              label of a sequence is then asked at the last step that is left.

              Chunks: with `chunk` = n, the sequences of a batch are parallel streams. Each update reads the next n
              steps of every stream, and the states pass on from update to update. Where a sequence ends, the rest of
              its chunk does not count, and the next chunk of this stream begins another sequence, from the initial
              states. The first sequence of each stream begins at a random chunk, so that streams of one long sequence
              are at different places. Gradients reach back to the beginning of a chunk (truncated backpropagation
              through time). Memory depends on n only. Evaluation goes on in chunks too, which does not change its
              result. Chunks need targets at every step.

              The lowest possible loss is not known. A loss below 0.001, or with labels an accuracy of 1, possible only
              if the sequences are predictable, counts as solved; otherwise training uses its whole budget.

              Baseline: the predictor knows the current step, unless its values are real. It uses the frequencies of the
              training split: of a key after steps in which it sounded or did not, of a symbol after the current one, or
              of a label at the current symbol, with 1/2 added to each count. The baseline is its loss on the test
              split. The score `frequencies` is the loss of a predictor that does not know the current step either.

              A run is identified by the hash of the file's content (of images: of all four files), not by its path.)",
          .options = std::move(options),
          .make = make,
          .length_of_steps = length_of_steps,
          .complete = complete};
}

}  // namespace rnnbench::tasks
