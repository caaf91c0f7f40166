// rnnbench with one more task.
#include "cli/program.h"

namespace rnnbench {
TaskEntry echo_task();
}

int main(int argc, char** argv) { return rnnbench::main(argc, argv, {rnnbench::echo_task()}); }
