// The task `sequences` with images in IDX files: what it shows and asks, pooling, the order of steps, that compression
// changes nothing, and what is refused.
#include "tasks/sequences/images.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "tasks/sequences/file_content.h"
#include "tests/namespaces.h"
#include "tests/tasks/data_file.h"
#include "tests/tasks/idx_files.h"
#include "tests/tasks/task_contract.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

float grey(int image, int p) { return static_cast<float>(ImageFiles::pixel(image, p)) / 255.0f; }

// Why the task is refused, without the folder of the files, or "accepted".
std::string image_refusal(const ImageFiles& files, const SettingPairs& more = {}) {
  try {
    files.task(more);
  } catch (const UserError& error) {
    std::string sentence = error.what();
    for (std::size_t at; (at = sentence.find(files.folder())) != std::string::npos;)
      sentence.erase(at, files.folder().size());
    return sentence;
  }
  return "accepted";
}

// The same, with one of the four files replaced.
std::string image_refusal(const std::string& name, const std::string& bytes, const std::string& ending = "") {
  const ImageFiles files(ending);
  files.write(name, bytes);
  return image_refusal(files);
}

constexpr int image_size = ImageFiles::rows * ImageFiles::columns;

}  // namespace

TEST_CASE("images: the task keeps the contract", "[tasks][sequences]") {
  const ImageFiles files(".gz");
  for (const SettingPairs& more : std::vector<SettingPairs>{{}, {{"pool", "2"}, {"permute", "3"}}}) {
    Settings given;
    for (const auto& [key, value] : with({{"file", files.path()}, {"validation", "8"}}, more)) given.set(key, value);
    for (const std::string& sentence : broken_promises(find_task("sequences"), given)) FAIL_CHECK(sentence);
  }
}

TEST_CASE("images: a step is a row or a pixel, and the label is asked at the last one", "[tasks][sequences]") {
  const ImageFiles files;
  const auto rows = files.task(), pixels = files.task({{"scan", "pixels"}});
  CHECK(rows->signature().inputs == 6);
  CHECK(rows->signature().outputs == 3);
  CHECK(rows->signature().one_answer);
  CHECK_FALSE(rows->signature().one_hot);
  CHECK(rows->steps() == 4);
  CHECK(pixels->signature().inputs == 1);
  CHECK(pixels->steps() == 24);
  CHECK(rows->listed(Purpose::validation) == 4);
  CHECK(rows->listed(Purpose::test) == 16);

  // Validation has the images 20 to 23 of the training file.
  for (const auto& [purpose, first] : {std::pair{Purpose::validation, 20}, {Purpose::test, 100}})
    for (const auto* task : {&rows, &pixels}) {
      Batch batch;
      (*task)->sample(sequences_of(purpose, 1), 2, batch);
      const int features = (*task)->signature().inputs;
      for (int b = 0; b < 2; ++b)
        for (int t = 0; t < batch.steps; ++t) {
          const std::size_t i = batch.at(t, b);
          for (int k = 0; k < features; ++k)
            CHECK(batch.values[i * features + k] == grey(first + 1 + b, t * features + k));
          const bool last = t + 1 == batch.steps;
          CHECK(batch.weight[i] == last);
          CHECK(batch.answer[i] == last);
          CHECK(batch.classes[i] == (last ? (first % 100 + 1 + b) % 3 : 0));
        }
    }

  // Training draws the other twenty.
  Batch batch;
  pixels->sample(sequences_of(Purpose::training), 1000, batch);
  std::set<float> seen, expected;
  for (int n = 0; n < 20; ++n) expected.insert(grey(n, 0));
  for (int b = 0; b < batch.size; ++b) seen.insert(batch.values[b]);
  CHECK(seen == expected);

  // Of the images 0 to 19, seven have label 0, seven label 1 and six label 2; of the test, 6, 5 and 5.
  const double baseline = (11 * nats(7.5 / 21.5) + 5 * nats(6.5 / 21.5)) / 16;
  CHECK(rows->baseline() == Approx(baseline).epsilon(1e-6));

  const auto cut = files.task({{"scan", "pixels"}, {"length", "5"}});
  CHECK(cut->steps() == 5);
  cut->sample(sequences_of(Purpose::test), 1, batch);
  CHECK(batch.values[4] == grey(100, 4));
  CHECK(batch.weight == std::vector<float>{0, 0, 0, 0, 1});
}

TEST_CASE("images: pooling averages squares of pixels", "[tasks][sequences]") {
  const ImageFiles files;
  std::string bytes(ImageFiles::training * image_size, '\0');
  // The last image: 0 1 2 3 4 5 / 10 11 ... / 20 21 ... / 250 251 ... 255
  for (int p = 0; p < image_size; ++p)
    bytes[bytes.size() - image_size + p] = static_cast<char>((p / 6 == 3 ? 250 : p / 6 * 10) + p % 6);
  files.write("train-images-idx3-ubyte", idx_bytes({ImageFiles::training, 4, 6}, bytes));
  const std::vector<int> sums = {0 + 1 + 10 + 11,     2 + 3 + 12 + 13,     4 + 5 + 14 + 15,
                                 20 + 21 + 250 + 251, 22 + 23 + 252 + 253, 24 + 25 + 254 + 255};
  std::vector<float> expected;
  for (const int sum : sums) expected.push_back(static_cast<float>(sum) / 1020.0f);
  Batch batch;
  for (const auto& [scan, steps] : {std::pair{"rows", 2}, {"pixels", 6}}) {
    const auto task = files.task({{"scan", scan}, {"pool", "2"}});
    CHECK(task->steps() == steps);
    task->sample(sequences_of(Purpose::validation, 3), 1, batch);
    CHECK(batch.values == expected);
  }
  CHECK(image_refusal(files, {{"pool", "3"}}) ==
        "pool = 3 does not divide the 4 x 6 pixels of train-images-idx3-ubyte");
  CHECK(image_refusal(files, {{"validation", "24"}}) ==
        "validation = 24 leaves no image for training, because train-images-idx3-ubyte has 24");
}

TEST_CASE("images: the order of steps is one permutation for all images", "[tasks][sequences]") {
  const ImageFiles files;
  const auto plain = files.task({{"scan", "pixels"}});
  std::set<std::vector<int>> orders;
  for (const std::uint64_t seed : std::vector<std::uint64_t>{1, 2, 3, 4294967295}) {
    const std::vector<int> order = step_order(image_size, seed);
    CHECK(orders.insert(order).second);
    std::vector<int> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == step_order(image_size, 0));
    const auto task = files.task({{"scan", "pixels"}, {"permute", std::to_string(seed)}});
    for (const Purpose purpose : {Purpose::training, Purpose::validation, Purpose::test}) {
      Batch batch, in_order;
      task->sample(sequences_of(purpose), 4, batch);
      plain->sample(sequences_of(purpose), 4, in_order);
      for (int b = 0; b < 4; ++b)
        for (int t = 0; t < image_size; ++t)
          CHECK(batch.values[batch.at(t, b)] == in_order.values[in_order.at(order[t], b)]);
      CHECK(batch.classes == in_order.classes);
    }
  }
  // Other numbers would be other data. The first and the last of the 784 steps of MNIST, and all of a small one.
  CHECK(step_order(10, 1) == std::vector<int>{8, 2, 9, 7, 1, 4, 0, 5, 3, 6});
  const std::vector<int> of_mnist = step_order(784, 1);
  CHECK(std::vector<int>(of_mnist.begin(), of_mnist.begin() + 5) == std::vector<int>{623, 390, 482, 72, 598});
  CHECK(std::vector<int>(of_mnist.end() - 3, of_mnist.end()) == std::vector<int>{550, 304, 541});
  // The rows of an image are permuted as a whole.
  const auto rows = files.task({{"permute", "1"}});
  Batch batch;
  rows->sample(sequences_of(Purpose::test), 1, batch);
  const std::vector<int> order = step_order(4, 1);
  for (int t = 0; t < 4; ++t)
    for (int k = 0; k < 6; ++k) CHECK(batch.values[t * 6 + k] == grey(100, order[t] * 6 + k));
}

TEST_CASE("images: compressed files and other names are the same run", "[grid][sequences]") {
  const ImageFiles plain, compressed(".gz");
  const SettingPairs settings = {{"task", "sequences"}, {"cell", "lstm"}, {"validation", "4"}, {"scan", "pixels"}};
  const auto run_of = [&](const std::string& path) { return declared(with(settings, {{"file", path}})).runs.at(0); };
  const RunSpec run = run_of(plain.path());
  const std::string hash = run.task.text("file-hash");
  CHECK(hash == hash_of_images(plain.path()));
  CHECK(run_of(compressed.path()).id() == run.id());
  CHECK_THAT(run.canonical(), Contains("\nscan = pixels\n") && Contains("\nvalidation = 4\n") && !Contains("permute") &&
                                  !Contains(plain.folder()));
  CHECK(spec_from_json(run.json()).id() == run.id());
  CHECK(spec_from_canonical(run.canonical(), input_paths(run)).id() == run.id());

  // As other data sets call them, and with only some of them compressed.
  const std::map<std::string, std::string> names{{"train-images-idx3-ubyte", "emnist-train-images.idx3-ubyte"},
                                                 {"train-labels-idx1-ubyte", "emnist-train-labels.idx1-ubyte"},
                                                 {"t10k-images-idx3-ubyte", "emnist-test-images.idx3-ubyte"},
                                                 {"t10k-labels-idx1-ubyte", "emnist-test-labels.idx1-ubyte"}};
  for (const auto& [name, other] : names) std::filesystem::copy_file(plain.path(name), plain.path(other));
  std::filesystem::remove(plain.path("emnist-test-images.idx3-ubyte"));
  std::filesystem::copy_file(compressed.path("t10k-images-idx3-ubyte"), plain.path("emnist-test-images.idx3-ubyte.gz"));
  CHECK(run_of(plain.path("emnist-train-images.idx3-ubyte")).id() == run.id());

  // The content of each file counts.
  for (const auto& [name, bytes] : {std::pair{"t10k-labels-idx1-ubyte", idx_bytes({16}, std::string(16, '\2'))},
                                    {"train-labels-idx1-ubyte", idx_bytes({24}, std::string(24, '\2'))},
                                    {"t10k-images-idx3-ubyte", idx_bytes({16, 4, 6}, ImageFiles::pixels(7, 16))},
                                    {"train-images-idx3-ubyte", idx_bytes({24, 4, 6}, ImageFiles::pixels(7, 24))}}) {
    const ImageFiles changed;
    changed.write(name, bytes);
    CHECK(run_of(changed.path()).id() != run.id());
    CHECK_THROWS_WITH(find_task("sequences").make(changed.settings({{"file-hash", hash}})),
                      Contains("the file has changed"));
  }

  // With a declared hash, results can be read without the files.
  const RunSpec absent = run_of("/nowhere/train-images-idx3-ubyte.gz@" + hash);
  CHECK(absent.id() == run.id());
  CHECK_THAT(missing_input({absent}), Contains("there is no file /nowhere/train-images-idx3-ubyte.gz"));
}

TEST_CASE("images: their options are refused for other files", "[grid][sequences][errors]") {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "{\"sequence\": [1, 0], \"label\": " + std::to_string(i % 2) + "}\n";
  const DataFile lines(text);
  const ImageFiles files;
  const SettingPairs settings = {{"task", "sequences"}, {"cell", "lstm"}, {"file", lines.path()}};
  for (const auto& [key, value] :
       SettingPairs{{"scan", "pixels"}, {"pool", "2"}, {"permute", "1"}, {"validation", "9"}})
    CHECK_THAT(why_refused(with(settings, {{key, value}})),
               Contains(key + " = " + value + " is used by no run of this grid") && Contains("used with images"));
  CHECK(why_refused(
            {{"task", "sequences"}, {"cell", "lstm"}, {"file", files.path()}, {"validation", "4"}, {"chunk", "2"}}) ==
        "command line: chunk = 2 is not possible with one label per sequence, as in " + files.path() +
            ": a chunk without the last step would have nothing to learn; leave it out");
  CHECK(why_refused(
            {{"task", "sequences"}, {"cell", "lstm"}, {"file", files.path()}, {"validation", "4"}, {"pool", "4"}}) ==
        "command line: pool = 4 does not divide the 4 x 6 pixels of " + files.path());
}

TEST_CASE("images: a malformed file is refused with the place of the mistake", "[tasks][sequences][errors]") {
  const std::string images = idx_bytes({24, 4, 6}, ImageFiles::pixels(0, 24)), name = "train-images-idx3-ubyte";
  CHECK(image_refusal(name, images) == "accepted");
  const auto changed = [&](std::size_t byte, char value) {
    std::string bytes = images;
    bytes[byte] = value;
    return image_refusal(name, bytes);
  };
  const std::string at = name + ": at byte ";
  CHECK(changed(1, 9) == at + "1: expected 0, with which every IDX file begins, found 9");
  CHECK(changed(2, 0x0d) == at + "2: expected the type 8 (unsigned bytes), found 13 (32-bit floats)");
  CHECK(changed(2, 0x77) == at + "2: expected the type 8 (unsigned bytes), found 119");
  CHECK(changed(3, 1) == at + "3: expected 3 dimensions, which images have, found 1");
  CHECK(changed(7, 0) == at + "4: expected a size from 1 to 1073741824, found 0");
  CHECK(changed(8, '\xff') == at + "8: expected a size from 1 to 1073741824, found 4278190084");
  CHECK(changed(7, 25) == at + "592: the file ends, but 25 x 4 x 6 images need 616 bytes");
  CHECK(changed(8, 1) == at + "592: the file ends, but 24 x 16777220 x 6 images need more than 1073741824 bytes");
  CHECK(changed(7, 23) == at + "568: the file goes on for 24 bytes, but 23 x 4 x 6 images need 568 bytes");
  CHECK(image_refusal(name, images.substr(0, 10)) == at + "10: the file ends in the header, which has 16 bytes");
  CHECK(image_refusal(name, "") == at + "0: the file ends in the header, which has 16 bytes");
  CHECK(image_refusal(name, images.substr(0, 591)) == at + "591: the file ends, but 24 x 4 x 6 images need 592 bytes");

  const std::string labels = "train-labels-idx1-ubyte";
  CHECK(image_refusal(labels, images) == labels + ": at byte 3: expected 1 dimension, which labels have, found 3");
  CHECK(image_refusal(labels, idx_bytes({23}, ImageFiles::labels(23))) ==
        labels + ": at byte 4: expected 24 labels, as many as train-images-idx3-ubyte has images, found 23");
  CHECK(image_refusal("t10k-labels-idx1-ubyte", idx_bytes({9}, ImageFiles::labels(9))) ==
        "t10k-labels-idx1-ubyte: at byte 4: expected 16 labels, as many as t10k-images-idx3-ubyte has images, found 9");
  CHECK(image_refusal("t10k-images-idx3-ubyte", idx_bytes({16, 6, 4}, ImageFiles::pixels(0, 16))) ==
        "t10k-images-idx3-ubyte: at byte 8: expected 4 pixels, as in train-images-idx3-ubyte, found 6");
  CHECK(image_refusal("t10k-images-idx3-ubyte", idx_bytes({16, 4, 3}, std::string(192, 'x'))) ==
        "t10k-images-idx3-ubyte: at byte 12: expected 6 pixels, as in train-images-idx3-ubyte, found 3");

  for (const auto& [missing, what] : {std::pair{"train-labels-idx1-ubyte", "the labels of these images"},
                                      {"t10k-images-idx3-ubyte", "the images of the test"},
                                      {"t10k-labels-idx1-ubyte", "the labels of the test"}}) {
    const ImageFiles files;
    std::filesystem::remove(files.path(missing));
    CHECK(image_refusal(files) ==
          "file = train-images-idx3-ubyte: there is no " + std::string(missing) + " or " + missing + ".gz, " + what);
  }
  const ImageFiles files;
  for (const char* other : {"t10k-images-idx3-ubyte", "train-labels-idx1-ubyte"}) {
    Settings settings = files.settings({{"file", files.path(other)}});
    CHECK_THROWS_WITH(find_task("sequences").make(settings),
                      "file = " + files.path(other) +
                          " begins like an IDX file, but is not named like the images of a training set, such as "
                          "train-images-idx3-ubyte; the labels and the test set are found by this name");
  }
}

TEST_CASE("images: damaged compressed files are refused with the place of the damage", "[tasks][sequences][errors]") {
  const std::string bytes = idx_bytes({24, 4, 6}, ImageFiles::pixels(0, 24)), compressed = gzipped(bytes);
  CHECK(gunzipped("x", compressed, 1000) == bytes);
  CHECK(gunzipped("x", compressed + gzipped("more"), 1000) ==
        bytes + "more");  // several members, as of `cat a.gz b.gz`
  CHECK(gunzipped("x", compressed, bytes.size()) == bytes);
  CHECK_THROWS_WITH(gunzipped("x", compressed, bytes.size() - 1),
                    "x: decompressed, the file has more than the maximum of 591 bytes");
  std::string zeros;
  zeros.resize(10'000'000);
  CHECK_THROWS_WITH(gunzipped("x", gzipped(zeros), 1'000'000),
                    "x: decompressed, the file has more than the maximum of 1000000 bytes");
  for (const std::size_t size : {std::size_t{2}, std::size_t{12}, compressed.size() / 2, compressed.size() - 1})
    CHECK_THROWS_WITH(
        gunzipped("x", compressed.substr(0, size), 1000),
        "x: at byte " + std::to_string(size) + " of the compressed file: the file ends before its data do");
  std::string damaged = compressed;
  damaged[damaged.size() - 8] ^= 1;  // the checksum
  CHECK_THROWS_WITH(gunzipped("x", damaged, 1000),
                    Contains("x: at byte ") && Contains("the data are damaged (incorrect data check)"));
  CHECK_THROWS_WITH(gunzipped("x", compressed + "more", 1000),
                    Contains("x: at byte ") && Contains("the data are damaged (incorrect header check)"));

  const ImageFiles files(".gz");
  std::ofstream(files.path(), std::ios::binary) << compressed.substr(0, 30);
  CHECK(image_refusal(files) ==
        "train-images-idx3-ubyte.gz: at byte 30 of the compressed file: the file ends before its data do");
  CHECK(image_refusal("t10k-labels-idx1-ubyte", idx_bytes({8}, "short"), ".gz") ==
        "t10k-labels-idx1-ubyte.gz: at byte 13: the file ends, but 8 labels need 16 bytes");
}

TEST_CASE("sequences: text files may be compressed too", "[tasks][sequences]") {
  const std::string text =
      "{\"split\": \"train\", \"sequence\": [0, 1]}\n{\"split\": \"valid\", \"sequence\": [0, 1]}\n"
      "{\"split\": \"test\", \"sequence\": [0, 1]}\n";
  const DataFile plain(text), compressed(gzipped(text), "x.jsonl.gz");
  CHECK(hash_of_file(compressed.path()) == hash_of_file(plain.path()));
  CHECK(read_sequence_file(compressed.path()).symbols == 2);
}
