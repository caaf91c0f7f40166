// rnnbench with one more task.
#include "cli/program.h"

namespace rnnbench::tasks {
TaskEntry echo_task();
}

int main(int argc, char** argv) { return rnnbench::cli::main(argc, argv, {rnnbench::tasks::echo_task()}); }
