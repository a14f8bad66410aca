-- GET of one blob after another, of a list that is longer than any cache should hold.
-- args: repository, digests file, how many of them
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

function init(args)
  paths = {}
  for line in io.lines(args[2]) do
    if #paths < tonumber(args[3]) then paths[#paths + 1] = wrk.format("GET", args[1] .. "/blobs/" .. line) end
  end
  at = id * 37
end

function request()
  at = at + 1
  return paths[at % #paths + 1]
end
