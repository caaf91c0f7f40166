// Files of studies with their claims, as `rnnbench reproduce` reads them.
#include "findings/decidable.h"
#include "findings/protocol.h"
#include "findings/statement_in_words.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/grid_size.h"

namespace rnnbench::fuzz {

void finding_files(const std::string& input) {
  using namespace rnnbench::findings;
  const std::filesystem::path file = "fuzz.ini";
  const std::vector<Assignment> assignments = read_ini(file, input);
  const ExperimentFile read = experiment_file_of(file, assignments);
  if (read.claims.empty()) throw UserError("no claim");
  std::vector<Assignment> of_grid = read.declaration.written;
  of_grid.insert(of_grid.end(), read.declaration.overrides.begin(), read.declaration.overrides.end());
  refuse_large_grid(of_grid, 2'000);
  const std::vector<Finding> findings = study_of(file, read, Profile::lab);
  std::vector<const Finding*> claims;
  for (const Finding& finding : findings) {
    check_decidable(finding);
    claims.push_back(&finding);
    const Statement& statement = finding.primary.statement;
    require(!statement_in_words(statement, finding.primary.measurement.text, finding.margin).empty(),
            "a comparison has words");
    require(finding.parts > 0, "a finding has parts");
  }
  // What is frozen can be read back.
  const Json protocol = protocol_of(claims);
  require(Json::parse(protocol.dump()) == protocol, "a protocol is the same after it was written and read");
}

}  // namespace rnnbench::fuzz
