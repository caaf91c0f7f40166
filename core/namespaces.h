// One namespace per layer, in the order of docs/architecture.md. A layer uses the names of the layers below it without
// qualification. A name that it declares itself hides theirs, so two layers cannot define the same type by accident.
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
