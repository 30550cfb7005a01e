# Sourced by ./dev and ./mvnw: exports JAVA_HOME as a JDK 25, or says how to get one and returns 1.
is_jdk_25() { [ -x "$1/bin/javac" ] && [[ "$("$1/bin/javac" -version 2>&1)" == "javac 25"* ]]; }

find_jdk() {
  local home
  for home in "${JAVA_HOME_25:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/java/openjdk /opt/java/*25* \
    "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25* "$HOME"/.local/share/mise/installs/java/*25*; do
    if [ -n "$home" ] && is_jdk_25 "$home"; then
      export JAVA_HOME="$home"
      return 0
    fi
  done
  echo "No JDK 25 found: install one (for example Temurin 25) and set JAVA_HOME_25 to its folder." >&2
  return 1
}
find_jdk
