#include "cli/program.h"

int main(int argc, char** argv) { return rnnbench::cli::main(argc, argv); }
