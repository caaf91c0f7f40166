#include "cli/program.h"

int main(int argc, char** argv) { return rnnbench::main(argc, argv); }
