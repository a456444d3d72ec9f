-- Counts the answers by their bodies, which are the numbers of processes, and prints them as one line of JSON.
local thread
function setup(made) thread = made end
function init() counts = {} end
function response(_status, _headers, body)
  counts[body] = (counts[body] or 0) + 1
end
done = function()
  local found = {}
  for process, count in pairs(thread:get("counts")) do
    found[#found + 1] = string.format('"%s": %d', process, count)
  end
  io.write("{" .. table.concat(found, ", ") .. "}\n")
end
