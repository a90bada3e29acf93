#pragma once
#include <string>

#include "feast/offline/explanation.h"

namespace feast {

/// The explanation for people: a line on the entity rows, then a paragraph a view. Pure.
std::string ExplanationText(const HistoricalExplanation& explanation);

}  // namespace feast
