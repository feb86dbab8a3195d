//! Who listens on a port of this machine.

/// The processes that hold a listening socket on this port of the loopback (or of every) address: the one that opened
/// it, and those that inherited it. Empty where nobody listens, where they belong to another user and the system
/// doesn't tell, and on systems without `/proc`. Costs a look at every open file of every process we may look into.
pub(super) fn listeners(port: u16) -> Vec<u32> {
    system::listeners(port)
}

/// A process as a message names it: `process 123 (nginx)`.
pub(super) fn describe(pid: u32) -> String {
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("process {pid} ({})", super::log::shown(name.trim_end(), 32)),
        Err(_) => format!("process {pid}"),
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn listeners(_port: u16) -> Vec<u32> {
        Vec::new()
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashSet;
    use std::fs;

    pub(super) fn listeners(port: u16) -> Vec<u32> {
        let sockets: HashSet<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .flat_map(|table| table.lines().filter_map(|line| listening(line, port)).collect::<Vec<_>>())
            .map(|inode| format!("socket:[{inode}]"))
            .collect();
        if sockets.is_empty() {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|&pid| holds(pid, &sockets)).collect()
    }

    /// The inode of the socket, when the line of `/proc/net/tcp{,6}` is of a socket that listens on this port of the
    /// loopback or of every address.
    fn listening(line: &str, port: u16) -> Option<u64> {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (address, local_port) = fields.get(1)?.split_once(':')?;
        let is_ours = *fields.get(3)? == "0A" && u16::from_str_radix(local_port, 16) == Ok(port) && is_local(address);
        if is_ours { fields.get(9)?.parse().ok() } else { None }
    }

    /// Addresses stand there as 32-bit words in the order of the machine's bytes; on the usual little-endian ones
    /// 127.0.0.1 is `0100007F`.
    fn is_local(address: &str) -> bool {
        let loopback_v4 = |word: &str| if cfg!(target_endian = "little") { word.ends_with("7F") } else { word.starts_with("7F") };
        let mapped = if cfg!(target_endian = "little") { "0000000000000000FFFF0000" } else { "00000000000000000000FFFF" };
        let loopback_v6 = if cfg!(target_endian = "little") { "01000000" } else { "00000001" };
        match address.len() {
            8 => address == "00000000" || loopback_v4(address),
            32 => {
                let (front, last) = address.split_at(24);
                let zero = front.bytes().all(|digit| digit == b'0');
                (zero && (last == "00000000" || last == loopback_v6)) || (front == mapped && loopback_v4(last))
            }
            _ => false,
        }
    }

    fn holds(pid: u32, sockets: &HashSet<String>) -> bool {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|link| link.to_str().is_some_and(|link| sockets.contains(link))))
    }

    #[cfg(test)]
    mod tests {
        use std::net::TcpListener;

        use super::*;

        #[test]
        fn a_listener_of_our_own_is_found() {
            for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"] {
                // A machine without IPv6 has nothing to find there.
                let Ok(listener) = TcpListener::bind(address) else { continue };
                let port = listener.local_addr().unwrap().port();
                assert!(super::listeners(port).contains(&std::process::id()), "{address}");
            }
        }

        #[test]
        fn a_connection_to_the_port_is_no_listener() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            assert_eq!(super::listeners(client.local_addr().unwrap().port()), Vec::<u32>::new());
        }

        #[test]
        fn other_addresses_are_not_ours() {
            for (address, local) in [
                ("0100007F", true),
                ("0200007F", true),
                ("00000000", true),
                ("0101A8C0", false),
                ("00000000000000000000000001000000", true),
                ("00000000000000000000000000000000", true),
                ("0000000000000000FFFF00000100007F", true),
                ("0000000000000000FFFF00000101A8C0", false),
                ("000080FE00000000FF565002BD69B1FE", false),
                ("", false),
            ] {
                assert_eq!(is_local(address), local || cfg!(target_endian = "big"), "{address}");
            }
        }
    }
}
