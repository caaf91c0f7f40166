#include "experiments/records/record_shape.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

// What a value may be. A set of types is their sum.
enum Type : unsigned {
  absent = 1,
  none = 2,    // null
  flag = 4,    // true or false
  number = 8,  // whole numbers too
  count = 16,  // see is_count()
  text = 32,
  list = 64,
  object = 128,
};
constexpr unsigned nullable = number | none, setting = none | flag | number | text | list;
constexpr unsigned anything = none | flag | number | text | list | object;

struct Field {
  const char* key;
  unsigned types;
};

constexpr Field of_spec[] = {{"task", object}, {"model", object}, {"training", object}, {"seed", count}};
constexpr Field of_task[] = {{"name", text}};
constexpr Field of_model[] = {{"cell", text}, {"attention", text | absent}};
constexpr Field of_training[] = {
    {"updates", count}, {"evaluate", count | absent}, {"stop", text | absent}, {"keep", text | absent}};
constexpr Field of_result[] = {{"status", text},
                               {"reason", text | absent},
                               {"measure", object},
                               {"baseline", number},
                               {"optimum", number | none},
                               {"hidden", count},
                               {"parameters", count},
                               {"state_size", count | absent},
                               {"updates", count},
                               {"sequences", count},
                               {"evaluated_on", text | absent},
                               {"solved", flag},
                               {"updates_to_solve", count | none},
                               {"kept", object | absent},
                               {"curve", list},
                               {"final", object},
                               {"lengths", list},
                               {"probe", object | absent},
                               {"weights", text | none},
                               {"hash", text}};
constexpr Field of_measure[] = {
    {"name", text}, {"higher_is_better", flag}, {"solved_at", number}, {"definition", text}};
constexpr Field of_point[] = {
    {"update", count}, {"train_loss", nullable}, {"loss", nullable}, {"confirmed", flag | absent}};
constexpr Field of_final[] = {{"validation", object}, {"test", object}, {"training", object | absent}};
constexpr Field of_scores[] = {{"loss", nullable}};
constexpr Field of_length[] = {{"length", count}, {"trained", flag}, {"loss", nullable}};
constexpr Field of_probe[] = {{"scalars", object},
                              {"gates", list | absent},
                              {"sensitivity", object | absent},
                              {"untrained", list | absent},
                              {"trained", list | absent}};
constexpr Field of_gate[] = {{"gate", text}, {"untrained", object}, {"trained", object}};
constexpr Field of_units[] = {{"idle", list}, {"relevant", list}};
constexpr Field of_sensitivity[] = {{"untrained", list}, {"trained", list}};
constexpr Field of_measured[] = {{"train_cpu_seconds", number},
                                 {"train_wall_seconds", number | absent},
                                 {"evaluate_cpu_seconds", number},
                                 {"evaluate_wall_seconds", number | absent},
                                 {"cpu_seconds_to_solve", nullable | absent},
                                 {"wall_seconds_to_solve", nullable | absent},
                                 {"sequences_per_second", nullable | absent},
                                 {"ms_per_update", nullable | absent},
                                 {"array_bytes", count | absent},
                                 {"peak_memory_mib", number | absent},
                                 {"curve_cpu_seconds", list},
                                 {"other_cpu_seconds", number | absent},
                                 {"oversubscribed", flag | absent},
                                 {"resumed", count | absent},
                                 {"threads", count | absent},
                                 {"recompute", count | absent},
                                 {"jobs", count | absent},
                                 {"cpu", text | absent},
                                 {"cores", count | absent}};

unsigned types_of(const Json& value) {
  if (value.is_null()) return none;
  if (value.is_boolean()) return flag;
  if (is_count(value)) return number | count;
  if (value.is_number()) return number;
  if (value.is_string()) return text;
  return value.is_array() ? list : object;
}

[[noreturn]] void refuse(const std::string& where) {
  throw UserError("its " + where + " is missing or has the wrong type, so it was edited");
}

// Checks the fields of an object; its other keys may have the types `others`.
void check(const Json& json, const std::string& where, std::span<const Field> fields, unsigned others) {
  if (!json.is_object()) refuse(where);
  for (const Field& field : fields)
    if (!(field.types & absent) && !json.contains(field.key)) refuse(where + "." + field.key);
  for (auto entry = json.begin(); entry != json.end(); ++entry) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return entry.key() == f.key; });
    const unsigned types = field == fields.end() ? others : field->types;
    if (!(types_of(entry.value()) & types)) refuse(where + "." + entry.key());
  }
}

void check_numbers(const Json& values, const std::string& where, unsigned types) {
  for (const Json& value : values)
    if (!(types_of(value) & types)) refuse(where + "[...]");
}

void check_probe(const Json& probe) {
  const std::string where = "result.probe";
  check(probe, where, of_probe, anything);
  check(probe["scalars"], where + ".scalars", {}, nullable);
  for (const char* when : {"untrained", "trained"})
    if (probe.contains(when)) check_numbers(probe[when], where + "." + when, nullable);
  if (!probe.contains("gates")) return;
  if (!probe.contains("sensitivity")) refuse(where + ".sensitivity");
  check(probe["sensitivity"], where + ".sensitivity", of_sensitivity, anything);
  for (const char* when : {"untrained", "trained"}) {
    check_numbers(probe["sensitivity"][when], where + ".sensitivity." + when, nullable);
    for (const Json& gate : probe["gates"]) {
      check(gate, where + ".gates[...]", of_gate, anything);
      check(gate[when], where + ".gates[...]." + when, of_units, anything);
      for (const char* steps : {"idle", "relevant"})
        check_numbers(gate[when][steps], where + ".gates[...]." + when + "." + steps, nullable);
    }
  }
}

bool is_plain(const Json& value) {
  if (value.is_string()) return is_plain_text(value.get_ref<const std::string&>());
  if (value.is_object())
    for (auto entry = value.begin(); entry != value.end(); ++entry)
      if (!is_plain_text(entry.key())) return false;
  return !value.is_structured() || std::all_of(value.begin(), value.end(), is_plain);
}

void check_points(const Json& curve) {
  const std::string points = "result.curve[...]";
  if (!curve.is_array() || curve.empty()) refuse(points);
  for (const Json& point : curve) check(point, points, of_point, nullable);
}

void require_plain(bool plain) {
  if (!plain) throw UserError("one of its texts contains a control character, so it was edited");
}

}  // namespace

bool is_count(const Json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint64_t{1} << 53;
}

void check_curve(const Json& curve) {
  check_points(curve);
  require_plain(is_plain(curve));
}

void check_shape(const Record& record) {
  const Json& spec = record.spec;
  const Json& result = record.result;
  check(spec, "spec", of_spec, anything);
  check(spec["task"], "spec.task", of_task, setting);
  check(spec["model"], "spec.model", of_model, setting);
  check(spec["training"], "spec.training", of_training, setting);
  check(result, "result", of_result, anything);
  check(result["measure"], "result.measure", of_measure, anything);
  check_points(result["curve"]);
  const std::string lengths = "result.lengths[...]";
  for (const Json& length : result["lengths"]) check(length, lengths, of_length, nullable);
  check(result["final"], "result.final", of_final, object);
  const std::string& measure = result["measure"]["name"].get_ref<const std::string&>();
  for (const auto& [purpose, scores] : result["final"].items()) {
    const std::string where = "result.final." + purpose;
    check(scores, where, of_scores, nullable);
    if (!scores.contains(measure)) refuse(where + "." + measure);
  }
  if (result.contains("probe")) check_probe(result["probe"]);
  check(record.measured, "measured", of_measured, anything);
  check_numbers(record.measured["curve_cpu_seconds"], "measured.curve_cpu_seconds", number);

  require_plain(std::all_of(spec.begin(), spec.end(),
                            [&](const Json& value) { return &value == &spec["canonical"] || is_plain(value); }) &&
                is_plain_text(replace_all(spec["canonical"].get<std::string>(), "\n", " ")) && is_plain(result) &&
                is_plain(record.measured));
}

}  // namespace rnnbench::experiments
