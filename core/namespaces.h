// One namespace per layer. Each layer uses the names of the layers below it without qualification, as the order of the
// layers in docs/architecture.md allows; a name of its own hides theirs, so two layers can never mean one type by
// accident.
#pragma once

namespace rnnbench {

namespace core {}
namespace models {
using namespace core;
}
namespace tasks {
using namespace core;
}
namespace experiments {
using namespace models;
using namespace tasks;
}  // namespace experiments
namespace speed {
using namespace experiments;
}
namespace analysis {
using namespace experiments;
}
namespace findings {
using namespace analysis;
}
namespace cli {
using namespace findings;
using namespace speed;
}  // namespace cli

}  // namespace rnnbench
