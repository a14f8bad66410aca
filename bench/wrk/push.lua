-- One upload after another: POST, then PUT of 1 MiB with its digest. One connection a thread, so that state is its own.
-- args: repository, digests file, filler file, first blob, number of repositories
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

function init(args)
  digests = {}
  for line in io.lines(args[2]) do digests[#digests + 1] = line end
  local file = io.open(args[3], "rb")
  filler = file:read("*a")
  file:close()
  first = tonumber(args[4])
  base = args[1] .. "-" .. (id % tonumber(args[5]))
  step, at, location = "post", 0, nil
end

function request()
  if step == "post" then return wrk.format("POST", base .. "/blobs/uploads/", nil, "") end
  local index = (first + id + 16 * at) % #digests
  local digest = digests[index + 1]
  local body = filler .. string.format("%016d", index)
  local mark = string.find(location, "?", 1, true) and "&" or "?"
  local headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  headers["Content-Type"] = "application/octet-stream"
  return wrk.format("PUT", location .. mark .. "digest=" .. digest, headers, body)
end

function response(status, headers)
  if step == "post" and status == 202 then
    location = headers["Location"] or headers["location"]
    location = string.gsub(location, "^https?://[^/]+", "")
    step = "put"
  else
    step = "post"
    at = at + 1
  end
end
