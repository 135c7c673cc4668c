package Civic::Exam;

# The file of an exam, for tests that register for one:
#
#     my $file = Civic::Exam::file(exam_id => '2026-1', positions => [ ... ]);
#     my $path = Civic::Exam::write($folder, $file);
#     $nginx->civicctl('exam', 'load', $path);
#     Civic::Exam::enter_old($redis, 250);
#
# Its windows are open now, its form has a field of each kind, one of which
# depends on another.  What is given replaces what is there.

use strict;
use warnings;
use utf8;

use Carp qw(croak);
use JSON::PP ();

use Civic::Process;

my $json = JSON::PP->new->utf8->canonical;

# An instant as China writes it, some seconds from now.
sub instant {
    my ($from_now) = @_;

    return Civic::Process::china(time + $from_now);
}

sub window {
    my ($from, $until) = @_;

    return { from => instant($from), until => instant($until) };
}

sub both {
    my ($zh, $en) = @_;

    return { zh => $zh, en => $en };
}

sub _form {
    return [
        { name => 'gender', type => 'choice', label => both('性别', 'Sex'),
          options => [ { value => 'f', label => both('女', 'Female') },
              { value => 'm', label => both('男', 'Male') } ] },
        { name => 'education', type => 'choice',
          label => both('学历', 'Education'), options => [
              map { { value => "e$_->[0]", label => both($_->[1], $_->[2]) } }
              [ 1, '高中', 'School' ], [ 2, '大专', 'College' ],
              [ 3, '本科', 'Bachelor' ], [ 4, '硕士', 'Master' ],
              [ 5, '博士', 'Doctor' ], [ 6, '其他', 'Other' ] ] },
        { name => 'school', type => 'text', max => 60,
          label => both('毕业院校', 'School or university'),
          hint => both('填写全称', 'Its full name') },
        { name => 'degree', type => 'text', max => 30,
          label => both('学位', 'Degree'),
          when => { field => 'education', in => [ 'e3', 'e4', 'e5' ] } },
        { name => 'graduated', type => 'date',
          label => both('毕业时间', 'Graduated on') },
        { name => 'years', type => 'number', min => 0, max => 50,
          label => both('工作年限', 'Years at work') },
        { name => 'phone', type => 'phone',
          label => both('手机号码', 'Mobile number') },
        { name => 'email', type => 'email', required => JSON::PP::false,
          label => both('电子邮箱', 'Email') },
        { name => 'languages', type => 'choices',
          required => JSON::PP::false, label => both('语言', 'Languages'),
          options => [ { value => 'zh', label => both('汉语', 'Chinese') },
              { value => 'bo', label => both('藏语', 'Tibetan') } ] },
        { name => 'disabled', type => 'yes_no',
          label => both('是否需要特殊安排',
              'Do you need special arrangements?') },
        { name => 'arrangements', type => 'text', max => 400,
          label => both('需要怎样的安排', 'Which ones?'),
          when => { field => 'disabled', in => [ JSON::PP::true ] } },
    ];
}

# n positions, of which every third asks for a degree.
sub positions {
    my ($n) = @_;

    return [ map { {
        code => sprintf('P%05d', $_),
        name => both("综合岗位$_", "Post $_"),
        unit => both($_ % 2 ? '省档案馆' : '省图书馆',
            $_ % 2 ? 'Archives' : 'Library'),
        places => 1 + $_ % 3,
        $_ % 3 == 0 ? (conditions => [ {
            text => both('本科及以上学历', 'At least a bachelor'),
            field => 'education', in => [ 'e3', 'e4', 'e5' ] } ]) : (),
    } } 1 .. $n ];
}

# As plugins take it; see docs/exams.md.
sub file {
    my (%change) = @_;

    return {
        exam_id => '2026-1',
        title => both('2026年公开招聘考试', 'Examination 2026'),
        windows => {
            registration => window(-3600, 86400),
            review => window(-3600, 2 * 86400),
            payment => window(-3600, 3 * 86400),
            printing => window(-3600, 9 * 86400),
        },
        fee => { fen => 12050, title => both('报名费', 'Fee') },
        form => _form(),
        positions => positions(45),
        subjects => [ { code => 'S1',
            name => both('职业能力倾向测验', 'Aptitude'),
            from => instant(10 * 86400), until => instant(10 * 86400 + 5400) } ],
        sites => [ { code => '01', name => both('第一中学', 'School No. 1'),
            address => both('西宁市城中区某路1号', 'A Road 1, Xining'),
            rooms => [ { code => '001', seats => 30 } ] } ],
        ticket => { number_prefix => '2026', instructions => [
            both('请携带身份证。', 'Bring your identity card.') ] },
        %change,
    };
}

# Exams "old-0001" and on into the list alone, as a version that kept no order
# has left them: each ended a day before the last, the first over a year ago.
sub enter_old {
    my ($redis, $n) = @_;

    for my $i (1 .. $n) {
        my $id = sprintf 'old-%04d', $i;
        my $ends = -86400 * (400 + $i);

        $redis->command('HSET', 'civic:{exams}', $id, '1 ' . $json->encode({
            exam_id => $id, title => both("往年考试$i", "Old exam $i"),
            windows => {
                registration => window($ends - 9 * 86400, $ends - 86400),
                printing => window($ends - 86400, $ends) } }));
    }
    return;
}

# Into a folder; its path.
sub write {
    my ($folder, $file) = @_;
    my $path = "$folder/$file->{exam_id}.json";

    open my $handle, '>:raw', $path or croak "$path: $!";
    print {$handle} $json->encode($file);
    close $handle or croak "$path: $!";
    return $path;
}

1;
