// Comparisons as English sentences.
#pragma once

#include <string>

#include "findings/statement.h"

namespace rnnbench::findings {

// "lstm (length 5) minus gru", "the lowest of [rnn, lstm]"
std::string expression_in_words(const Expression& expression);

// "in recall, lstm is higher than gru by more than 0.05"
std::string statement_in_words(const Statement& statement, const std::string& measure, double margin);

}  // namespace rnnbench::findings
