#include "feast/base/file_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace feast {
namespace {

TEST(FileErrorTest, NamesWhatWasDoneWhereAndWhy) {
  const Status status = FileError("write", "/data/x", EIO);
  EXPECT_EQ(status.ToString(), "UNAVAILABLE: Cannot write /data/x: Input/output error");
  EXPECT_EQ(status.kind(), ErrorKind::kOsError);
}

TEST(FileErrorTest, AFullDiskMayPass) {
  const Status status = FileError("write", "/data/x", ENOSPC);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.kind(), ErrorKind::kOsError);
  EXPECT_NE(status.message().find("Free space"), std::string::npos) << status.message();
}

TEST(FileErrorTest, RefusedAccessDoesNot) {
  const Status status = FileError("open", "/data/x", EACCES);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.kind(), ErrorKind::kPermissionError);
  EXPECT_EQ(FileError("open", "/data/x", EROFS).kind(), ErrorKind::kOsError);
}

TEST(FileErrorTest, AMissingFileIsNotFound) {
  EXPECT_EQ(FileError("open", "/data/x", ENOENT).kind(), ErrorKind::kFileNotFound);
}

TEST(FileErrorTest, PythonKnowsTheKindsByTheirOwnNames) {
  EXPECT_EQ(FactsOf(ErrorKind::kOsError).class_name, "OSError");
  EXPECT_EQ(FactsOf(ErrorKind::kPermissionError).class_name, "PermissionError");
}

}  // namespace
}  // namespace feast
